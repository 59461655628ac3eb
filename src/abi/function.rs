//! The row: one MPI function as an exported symbol, its `PMPI_` twin, and a
//! record of data for headers, the coverage matrix and error messages.
//!
//! The macro keeps what it repeats 800 times small: an entry decodes its
//! arguments inline and calls the body; everything that can go wrong is one
//! cold function shared by all rows, which reads the record.

use super::kind::Shape;

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
    /// False for a function that is exported but only reports itself.
    pub implemented: bool,
    /// May be called before `MPI_Init` and after `MPI_Finalize`.
    pub anytime: bool,
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
                implemented: $crate::mpi_functions!(@implemented $body),
                anytime: $crate::mpi_functions!(@anytime $($anytime)?),
            },
        )*];

        $($crate::mpi_functions!(@export [$name] ($($arg: $kind),*) [$($ret)?] $body);)*
    };

    (@about) => { "" };
    (@about $first:literal $($rest:literal)*) => { $first };
    (@returns) => { "int" };
    (@returns $ret:ty) => { <$ret as $crate::abi::kind::Returned>::C };
    (@implemented missing) => { false };
    (@implemented $body:ident) => { true };
    (@anytime) => { false };
    (@anytime anytime) => { true };

    // Not there yet: reports itself.
    (@export [$name:ident] ($($arg:ident : $kind:ty),*) [] missing) => {
        $crate::mpi_functions!(@twin $name, concat!(stringify!($name)), missing, ($($arg: $kind),*));
        $crate::mpi_functions!(@twin $name, concat!("P", stringify!($name)), missing, ($($arg: $kind),*));
    };
    (@export [$name:ident] ($($arg:ident : $kind:ty),*) [$ret:ty] missing) => {
        $crate::mpi_functions!(@value $name, concat!(stringify!($name)), missing, ($($arg: $kind),*), $ret);
        $crate::mpi_functions!(@value $name, concat!("P", stringify!($name)), missing, ($($arg: $kind),*), $ret);
    };
    (@export [$name:ident] ($($arg:ident : $kind:ty),*) [] $body:ident) => {
        $crate::mpi_functions!(@twin $name, concat!(stringify!($name)), $body, ($($arg: $kind),*));
        $crate::mpi_functions!(@twin $name, concat!("P", stringify!($name)), $body, ($($arg: $kind),*));
    };
    (@export [$name:ident] ($($arg:ident : $kind:ty),*) [$ret:ty] $body:ident) => {
        $crate::mpi_functions!(@value $name, concat!(stringify!($name)), $body, ($($arg: $kind),*), $ret);
        $crate::mpi_functions!(@value $name, concat!("P", stringify!($name)), $body, ($($arg: $kind),*), $ret);
    };

    (@twin $name:ident, $symbol:expr, missing, ($($arg:ident : $kind:ty),*)) => {
        const _: () = {
            #[unsafe(export_name = $symbol)]
            extern "C" fn entry(
                $($arg: <$kind as $crate::abi::kind::Kind>::Raw),*
            ) -> ::std::ffi::c_int {
                $crate::abi::entry::missing(
                    &ROWS[Row::$name as usize],
                    &[$($crate::abi::kind::Raw::word($arg)),*],
                )
            }
        };
    };
    (@twin $name:ident, $symbol:expr, $body:ident, ($($arg:ident : $kind:ty),*)) => {
        const _: () = {
            #[unsafe(export_name = $symbol)]
            extern "C" fn entry(
                $($arg: <$kind as $crate::abi::kind::Kind>::Raw),*
            ) -> ::std::ffi::c_int {
                $crate::abi::entry::call(
                    &ROWS[Row::$name as usize],
                    || [$($crate::abi::kind::Raw::word($arg)),*],
                    |cx| {
                        // SAFETY: the arguments are the application's, passed
                        // as the prototype of this very function says.
                        self::$body(cx $(, unsafe {
                            <$kind as $crate::abi::kind::Kind>::decode(cx, $arg, stringify!($arg))?
                        })*)
                    },
                )
            }
        };
    };
    // Returns something else than an error code: the body cannot fail.
    (@value $name:ident, $symbol:expr, missing, ($($arg:ident : $kind:ty),*), $ret:ty) => {
        const _: () = {
            #[unsafe(export_name = $symbol)]
            extern "C" fn entry(
                $($arg: <$kind as $crate::abi::kind::Kind>::Raw),*
            ) -> <$ret as $crate::abi::kind::Returned>::Raw {
                $crate::abi::entry::missing(
                    &ROWS[Row::$name as usize],
                    &[$($crate::abi::kind::Raw::word($arg)),*],
                );
                <$ret as $crate::abi::kind::Returned>::nothing()
            }
        };
    };
    (@value $name:ident, $symbol:expr, $body:ident, ($($arg:ident : $kind:ty),*), $ret:ty) => {
        const _: () = {
            #[unsafe(export_name = $symbol)]
            extern "C" fn entry(
                $($arg: <$kind as $crate::abi::kind::Kind>::Raw),*
            ) -> <$ret as $crate::abi::kind::Returned>::Raw {
                $crate::abi::entry::value::<$ret, _>(
                    &ROWS[Row::$name as usize],
                    || [$($crate::abi::kind::Raw::word($arg)),*],
                    |cx| {
                        // SAFETY: as above.
                        ::core::result::Result::Ok(self::$body(cx $(, unsafe {
                            <$kind as $crate::abi::kind::Kind>::decode(cx, $arg, stringify!($arg))?
                        })*))
                    },
                )
            }
        };
    };
}
