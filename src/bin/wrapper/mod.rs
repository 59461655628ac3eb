//! What `mpicc` and `mpifort` share: where header and library lie, and a
//! compiler's command line with what a program needs to compile against this
//! library and to find it when it runs.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Compiler options after which nothing is linked.
const NO_LINK: &[&str] = &["-c", "-S", "-E", "-M", "-MM", "-fsyntax-only"];

/// Where header and library lie.
#[derive(Debug, PartialEq, Eq)]
pub struct Places {
    pub include: PathBuf,
    pub library: PathBuf,
}

impl Places {
    /// Beside the wrapper in a build folder or in PREFIX/bin; the header also at
    /// the top of the source tree this was built from.
    pub fn around(wrapper: &Path) -> Result<Places, String> {
        let folder = wrapper.parent().unwrap_or(Path::new("/"));
        let find = |what: &str, folders: &[PathBuf]| {
            let found = folders.iter().find(|folder| folder.join(what).exists()).cloned();
            found.ok_or_else(|| {
                let looked: Vec<String> =
                    folders.iter().map(|folder| folder.display().to_string()).collect();
                format!("there is no {what} in {}", looked.join(", "))
            })
        };
        let up = |levels: &str| folder.join(levels);
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
        let normal = |path: PathBuf| path.canonicalize().unwrap_or(path);
        Ok(Places {
            include: normal(find(
                "mpi.h",
                &[up("include"), up("../include"), up("../../include"), source],
            )?),
            library: normal(find("libmpisecure.so", &[up(""), up("../lib"), up("deps")])?),
        })
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Plan {
    Run(Vec<OsString>),
    Show(Vec<OsString>),
}

/// What a user asked for besides compiling.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Show {
    Nothing,
    All,
    Compile,
    Link,
}

/// What one language adds to the command.
pub struct Language<'a> {
    /// The compiler, if the user named none.
    pub compiler: OsString,
    /// `-cc=` or `-fc=`.
    pub option: &'a str,
    /// The ABI of what is linked, if the user named none: for objects that
    /// cannot tell it themselves.
    pub abi: Option<&'a str>,
}

/// The command to run or to show. `modules` makes what a compiler needs besides
/// the header, and says where it is.
pub fn plan(
    words: Vec<OsString>,
    language: &Language<'_>,
    places: &Places,
    modules: impl FnOnce(&[OsString]) -> Result<Modules, String>,
) -> Result<Plan, String> {
    let mut compiler = language.compiler.clone();
    let mut show = Show::Nothing;
    let mut abi = language.abi.map(str::to_string);
    let mut rest = Vec::new();
    for word in words {
        match word.to_str() {
            Some("-show" | "-showme" | "--showme" | "--show") => show = Show::All,
            Some("-compile_info" | "-compile-info" | "-showme:compile" | "--showme:compile") => {
                show = Show::Compile;
            }
            Some("-link_info" | "-link-info" | "-showme:link" | "--showme:link") => {
                show = Show::Link;
            }
            Some(text) if text.starts_with(language.option) => {
                compiler = text[language.option.len()..].into();
            }
            Some(text) if text.starts_with("-abi=") => {
                abi = Some(text["-abi=".len()..].to_string())
            }
            _ => rest.push(word),
        }
    }
    // A compiler may be a command line, as CC is for make.
    let compiler = compiler.to_string_lossy();
    let compiler = compiler.split_whitespace().map(OsString::from).collect::<Vec<_>>();
    if compiler.is_empty() {
        return Err("the name of the compiler is empty".to_string());
    }
    // `mpicc -v` and the like ask the compiler something: no files, no library.
    let has_files = rest.iter().any(|word| !word.as_encoded_bytes().starts_with(b"-"));
    let modules = match has_files || show != Show::Nothing {
        true => modules(&compiler)?,
        false => Modules::default(),
    };
    let compile = [vec![joined("-I", &places.include)], modules.compile].concat();
    let link = [modules.link, link_words(abi.as_deref(), places)?].concat();
    let links = has_files && !rest.iter().any(|word| NO_LINK.iter().any(|other| word == other));
    Ok(match show {
        Show::Nothing | Show::All => {
            let link =
                if links || show == Show::All && rest.is_empty() { link } else { Vec::new() };
            let all = [compiler, compile, rest, link].concat();
            if show == Show::All { Plan::Show(all) } else { Plan::Run(all) }
        }
        Show::Compile => Plan::Show([compiler, compile].concat()),
        Show::Link => Plan::Show([compiler, link].concat()),
    })
}

/// Further words for compiling and linking.
#[derive(Default)]
pub struct Modules {
    pub compile: Vec<OsString>,
    pub link: Vec<OsString>,
}

/// Runs or shows what `plan` makes of the command line, and exits.
pub fn run(
    name: &str,
    help: &str,
    plan: impl FnOnce(Vec<OsString>, Places) -> Result<Plan, String>,
) -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if words.iter().any(|word| word == "-help" || word == "--help") || words.is_empty() {
        print!("{help}");
        return ExitCode::SUCCESS;
    }
    let here = std::env::current_exe().and_then(|path| path.canonicalize());
    let plan = here
        .map_err(|error| format!("cannot tell its own path: {error}"))
        .and_then(|here| Places::around(&here))
        .and_then(|places| plan(words, places));
    match plan {
        Ok(Plan::Show(words)) => {
            let words: Vec<String> =
                words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
            println!("{}", words.join(" "));
            ExitCode::SUCCESS
        }
        Ok(Plan::Run(words)) => {
            let error = Command::new(&words[0]).args(&words[1..]).exec();
            eprintln!("{name}: cannot run {}: {error}", words[0].to_string_lossy());
            ExitCode::from(127)
        }
        Err(message) => {
            eprintln!("{name}: {message}");
            ExitCode::FAILURE
        }
    }
}

/// A program of the standard ABI says so itself, by a symbol in `mpi.h`.
/// Objects compiled for another MPI cannot, so a library named after their
/// ABI says it for them.
fn link_words(abi: Option<&str>, places: &Places) -> Result<Vec<OsString>, String> {
    let mut words = Vec::new();
    if let Some(abi) = abi {
        let name = match abi {
            "mpich" => "mpisecure-mpich",
            "openmpi" | "ompi" => "mpisecure-openmpi",
            "standard" | "abi" => "mpisecure-abi",
            _ => return Err(format!("-abi={abi} is none of mpich, openmpi, standard")),
        };
        let folder = places.library.join("lib/compat");
        if !folder.join(format!("lib{name}.so")).exists() {
            return Err(format!(
                "-abi={abi} needs {}: cargo xtask build makes it",
                folder.display()
            ));
        }
        words.push(joined("-L", &folder));
        words.push(joined("-Wl,-rpath,", &folder));
        words.push("-Wl,--no-as-needed".into());
        words.push(format!("-l{name}").into());
        words.push("-Wl,--as-needed".into());
    }
    words.push(joined("-L", &places.library));
    words.push(joined("-Wl,-rpath,", &places.library));
    words.push("-lmpisecure".into());
    Ok(words)
}

fn joined(option: &str, path: &Path) -> OsString {
    let mut word = OsString::from(option);
    word.push(AsRef::<OsStr>::as_ref(path));
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn c() -> Language<'static> {
        Language { compiler: "cc".into(), option: "-cc=", abi: None }
    }

    fn none(_: &[OsString]) -> Result<Modules, String> {
        Ok(Modules::default())
    }

    fn planned(line: &str) -> Plan {
        let places = Places { include: "/i".into(), library: "/l".into() };
        let words = line.split_whitespace().map(OsString::from).collect();
        plan(words, &c(), &places, none).expect(line)
    }

    fn ran(line: &str) -> String {
        match planned(line) {
            Plan::Run(words) => words.join(OsStr::new(" ")).into_string().expect("text"),
            Plan::Show(_) => panic!("{line} shows"),
        }
    }

    fn shown(line: &str) -> String {
        match planned(line) {
            Plan::Show(words) => words.join(OsStr::new(" ")).into_string().expect("text"),
            Plan::Run(_) => panic!("{line} runs"),
        }
    }

    #[test]
    fn linking_adds_the_library_after_the_files() {
        assert_eq!(ran("a.c -o a -lm"), "cc -I/i a.c -o a -lm -L/l -Wl,-rpath,/l -lmpisecure");
        assert_eq!(ran("-c a.c"), "cc -I/i -c a.c");
        assert_eq!(ran("-E a.c"), "cc -I/i -E a.c");
        assert_eq!(ran("--version"), "cc -I/i --version");
    }

    #[test]
    fn build_systems_can_ask() {
        assert_eq!(shown("-show"), "cc -I/i -L/l -Wl,-rpath,/l -lmpisecure");
        assert_eq!(shown("-show -c a.c"), "cc -I/i -c a.c");
        assert_eq!(shown("-compile_info"), "cc -I/i");
        assert_eq!(shown("-link_info"), "cc -L/l -Wl,-rpath,/l -lmpisecure");
        assert_eq!(shown("-cc=clang -compile_info"), "clang -I/i");
    }

    #[test]
    fn unknown_abi_is_refused() {
        let places = Places { include: "/i".into(), library: "/l".into() };
        let error = plan(vec!["-abi=vax".into(), "a.o".into()], &c(), &places, none).unwrap_err();
        assert!(error.contains("vax"), "{error}");
    }
}
