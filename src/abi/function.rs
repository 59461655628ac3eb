//! The row: one MPI function as an exported symbol, its `PMPI_` twin, and a
//! record of data for headers, the coverage matrix and error messages.
//!
//! The macro keeps what it repeats 800 times small: a C symbol spills its
//! arguments as words and hands them to one function shared by all, with the
//! record; the record knows how to run the body on them. Fortran's symbols
//! (`abi::fortran`) come to the same record with words of their own making.

use super::Cx;
use super::kind::Shape;
use crate::object::Result;

/// One MPI function as the library exports it.
#[derive(Debug)]
pub struct Function {
    pub name: &'static str,
    /// First line of the row's documentation.
    pub about: &'static str,
    /// Name of the file under `src/mpi` that holds the row.
    pub chapter: &'static str,
    pub arguments: &'static [Argument],
    /// C type of the result: `int` for all that return an error code.
    pub returns: &'static str,
    pub run: Run,
    /// May be called before `MPI_Init` and after `MPI_Finalize`.
    pub anytime: bool,
}

/// Decodes the arguments, given as words, and calls the body.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    /// Returns an error code.
    Code(fn(&Cx, &[u64]) -> Result<()>),
    /// Returns something else, here as its bits.
    Value(fn(&Cx, &[u64]) -> Result<u64>),
    /// Exported, but only reports itself.
    Missing,
}

/// One argument of a [`Function`].
#[derive(Debug)]
pub struct Argument {
    pub name: &'static str,
    pub shape: Shape,
}

/// Where a function comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// MPI-5.0 and before.
    Standard,
    /// The `_c` form of a standard function.
    LargeCount,
    /// The tools interface, `MPI_T_`.
    Tool,
    /// Removed in MPI-3.0, still imported by old binaries.
    Removed,
    /// `MPIX_`: extensions of MPICH and Open MPI.
    Extension,
}

impl Function {
    /// False for a function that only reports itself.
    pub fn implemented(&self) -> bool {
        !matches!(self.run, Run::Missing)
    }

    pub fn class(&self) -> Class {
        if self.name.starts_with("MPIX_") {
            Class::Extension
        } else if self.name.starts_with("MPI_T_") {
            Class::Tool
        } else if self.chapter == "removed" {
            Class::Removed
        } else if self.name.ends_with("_c") {
            Class::LargeCount
        } else {
            Class::Standard
        }
    }

    /// The C declaration, under `prefix` ("" or "P").
    pub fn prototype(&self, prefix: &str) -> String {
        let arguments: Vec<String> =
            self.arguments.iter().map(|a| declare(a.shape.c, a.name)).collect();
        let list = if arguments.is_empty() { "void".into() } else { arguments.join(", ") };
        let name = format!("{prefix}{}({list});", self.name);
        declare(self.returns, &name)
    }
}

/// `name` declared with the C type `c`.
fn declare(c: &str, name: &str) -> String {
    match c.split_once("(*)") {
        Some((element, extent)) => format!("{element} {name}[]{extent}"),
        None if c == "..." => c.to_string(),
        None => {
            let base = c.trim_end_matches('*');
            format!("{base} {}{name}", &c[base.len()..])
        }
    }
}

/// The last path segment of a module, for [`Function::chapter`].
pub const fn last_segment(path: &'static str) -> &'static str {
    let bytes = path.as_bytes();
    let mut at = bytes.len();
    while at > 0 && bytes[at - 1] != b':' {
        at -= 1;
    }
    path.split_at(at).1
}

/// A caller handed over another number of words than the row has arguments.
#[cold]
pub fn miscounted() -> ! {
    unreachable!("one word per argument, by both callers")
}

/// Declares the functions of one chapter.
///
/// ```ignore
/// mpi_functions! {
///     /// Blocking send.
///     fn MPI_Send(buf: ConstBuf, count: Count, datatype: InDatatype, dest: InRank,
///         tag: InTag, comm: InComm) = send;
///     fn MPI_Wtime() -> Double = wtime, anytime;
///     fn MPI_Win_create(base: Buf, ...) = missing;
/// }
/// ```
/// A row names its body, a function of the same file that takes `&Cx` and the
/// decoded values. `missing` exports a function that reports itself by name;
/// `anytime` lets it be called before `MPI_Init` and after `MPI_Finalize`.
#[macro_export]
macro_rules! mpi_functions {
    ($(
        $(#[doc = $about:literal])*
        fn $name:ident ( $($arg:ident : $kind:ty),* $(,)? ) $(-> $ret:ty)? = $body:ident
            $(, $anytime:ident)? ;
    )*) => {
        /// Position of each function in [`ROWS`].
        #[allow(non_camel_case_types, dead_code)]
        enum Row { $($name),* }

        /// The functions of this chapter.
        pub static ROWS: &[$crate::abi::Function] = &[$(
            $crate::abi::Function {
                name: stringify!($name),
                about: $crate::mpi_functions!(@about $($about)*),
                chapter: $crate::abi::function::last_segment(module_path!()),
                arguments: &[$($crate::abi::Argument {
                    name: stringify!($arg),
                    shape: <$kind as $crate::abi::kind::Kind>::SHAPE,
                }),*],
                returns: $crate::mpi_functions!(@returns $($ret)?),
                run: $crate::mpi_functions!(@run [$($ret)?] ($($arg: $kind),*) $body),
                anytime: $crate::mpi_functions!(@anytime $($anytime)?),
            },
        )*];

        $($crate::mpi_functions!(@export [$name] ($($arg: $kind),*) [$($ret)?]);)*
    };

    (@about) => { "" };
    (@about $first:literal $($rest:literal)*) => { $first };
    (@returns) => { "int" };
    (@returns $ret:ty) => { <$ret as $crate::abi::kind::Returned>::C };
    (@anytime) => { false };
    (@anytime anytime) => { true };

    // Not there yet: reports itself.
    (@run [$($ret:ty)?] ($($arg:ident : $kind:ty),*) missing) => {
        $crate::abi::function::Run::Missing
    };
    (@run [] ($($arg:ident : $kind:ty),*) $body:ident) => {
        $crate::abi::function::Run::Code(|cx, words| {
            let &[$($arg),*] = words else { $crate::abi::function::miscounted() };
            // SAFETY: the words are the application's arguments, as the
            // prototype of this very function says.
            self::$body(cx $(, unsafe {
                $crate::mpi_functions!(@decode cx, $arg: $kind)?
            })*)
        })
    };
    // Returns something else than an error code: the body cannot fail.
    (@run [$ret:ty] ($($arg:ident : $kind:ty),*) $body:ident) => {
        $crate::abi::function::Run::Value(|cx, words| {
            let &[$($arg),*] = words else { $crate::abi::function::miscounted() };
            // SAFETY: as above.
            let value = self::$body(cx $(, unsafe {
                $crate::mpi_functions!(@decode cx, $arg: $kind)?
            })*);
            let raw = <$ret as $crate::abi::kind::Returned>::encode(cx, value);
            ::core::result::Result::Ok($crate::abi::kind::Raw::word(raw))
        })
    };
    (@decode $cx:ident, $arg:ident : $kind:ty) => {
        <$kind as $crate::abi::kind::Kind>::decode(
            $cx, $crate::abi::kind::Raw::from_word($arg), stringify!($arg),
        )
    };

    (@export [$name:ident] ($($arg:ident : $kind:ty),*) []) => {
        $crate::mpi_functions!(@twin $name, concat!(stringify!($name)), ($($arg: $kind),*));
        $crate::mpi_functions!(@twin $name, concat!("P", stringify!($name)), ($($arg: $kind),*));
    };
    (@export [$name:ident] ($($arg:ident : $kind:ty),*) [$ret:ty]) => {
        $crate::mpi_functions!(@value $name, concat!(stringify!($name)), ($($arg: $kind),*), $ret);
        $crate::mpi_functions!(@value $name, concat!("P", stringify!($name)), ($($arg: $kind),*), $ret);
    };

    (@twin $name:ident, $symbol:expr, ($($arg:ident : $kind:ty),*)) => {
        const _: () = {
            #[unsafe(export_name = $symbol)]
            extern "C" fn entry(
                $($arg: <$kind as $crate::abi::kind::Kind>::Raw),*
            ) -> ::std::ffi::c_int {
                $crate::abi::entry::call(
                    &ROWS[Row::$name as usize],
                    &[$($crate::abi::kind::Raw::word($arg)),*],
                )
            }
        };
    };
    (@value $name:ident, $symbol:expr, ($($arg:ident : $kind:ty),*), $ret:ty) => {
        const _: () = {
            #[unsafe(export_name = $symbol)]
            extern "C" fn entry(
                $($arg: <$kind as $crate::abi::kind::Kind>::Raw),*
            ) -> <$ret as $crate::abi::kind::Returned>::Raw {
                $crate::abi::entry::value::<$ret>(
                    &ROWS[Row::$name as usize],
                    &[$($crate::abi::kind::Raw::word($arg)),*],
                )
            }
        };
    };
}
