//! The C programs of `c-tests/`: reading their testlists and compiling them.

use crate::job::Abi;
use crate::packages;
use crate::process;
use crate::products::{Products, cache, root};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How a program's end is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Code(u8),
    /// Any but 0.
    Failure,
}

impl Exit {
    pub fn admits(self, code: u8) -> bool {
        match self {
            Exit::Code(wanted) => code == wanted,
            Exit::Failure => code != 0,
        }
    }
}

/// Which of the stock libraries is the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    Both,
    Only(Abi),
}

/// One line of a testlist.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `pt2pt/modes`.
    pub name: String,
    pub ranks: Vec<usize>,
    pub arguments: Vec<String>,
    pub exit: Exit,
    pub limit: u64,
    pub model: Model,
    /// The ABIs it is compiled for: all, unless a stock header lacks something.
    pub abis: Vec<Abi>,
    /// What it prints depends on which ranks share a host.
    pub one_host: bool,
}

impl Entry {
    pub fn source(&self) -> PathBuf {
        // Fortran's programs say in which form they are written.
        let c = if self.name.starts_with(FORTRAN) { "" } else { ".c" };
        root().join("c-tests").join(format!("{}{c}", self.name))
    }

    /// The entry's name with its arguments, for people.
    pub fn title(&self) -> String {
        if self.arguments.is_empty() {
            self.name.clone()
        } else {
            format!("{} {}", self.name, self.arguments.join(" "))
        }
    }
}

/// The chapters in the order in which they build on one another: every folder
/// of `c-tests` with a testlist is here (a test says so).
const CHAPTERS: [&str; 11] = [
    "init",
    "environment",
    "abi",
    "pt2pt",
    "datatype",
    "comm",
    "session",
    "topology",
    "coll",
    "stress",
    "demo",
];

/// The folder of the Fortran programs, a suite of their own.
const FORTRAN: &str = "fortran";

/// All testlists of C programs.
pub fn entries() -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for chapter_name in CHAPTERS {
        entries.extend(chapter(chapter_name)?);
    }
    Ok(entries)
}

/// One testlist.
pub fn chapter(chapter: &str) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let path = root().join("c-tests").join(chapter).join("testlist");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let entry =
            parse(chapter, line).with_context(|| format!("{}:{}", path.display(), number + 1))?;
        ensure!(entry.source().exists(), "{} does not exist", entry.source().display());
        entries.push(entry);
    }
    Ok(entries)
}

fn parse(chapter: &str, line: &str) -> Result<Entry> {
    let (line, quoted) = match line.split_once("args=\"") {
        Some((head, rest)) => {
            let (inside, tail) = rest.split_once('"').context("args=\" without its end")?;
            (format!("{head} {tail}"), inside.split_whitespace().map(String::from).collect())
        }
        None => (line.to_string(), Vec::new()),
    };
    let mut words = line.split_whitespace();
    let program = words.next().context("no program")?;
    let mut entry = Entry {
        name: format!("{chapter}/{program}"),
        ranks: Vec::new(),
        arguments: quoted,
        exit: Exit::Code(0),
        limit: 30,
        model: Model::Both,
        abis: Abi::ALL.to_vec(),
        one_host: false,
    };
    for word in words {
        match word.split_once('=') {
            None => entry
                .ranks
                .push(word.parse().with_context(|| format!("{word} is no number of ranks"))?),
            Some(("args", value)) => entry.arguments.push(value.into()),
            Some(("exit", "fail")) => entry.exit = Exit::Failure,
            Some(("exit", value)) => entry.exit = Exit::Code(value.parse()?),
            Some(("limit", value)) => entry.limit = value.parse()?,
            Some(("hosts", "1")) => entry.one_host = true,
            Some(("stock", "mpich")) => entry.model = Model::Only(Abi::Mpich),
            Some(("stock", "openmpi")) => entry.model = Model::Only(Abi::OpenMpi),
            Some(("abi", names)) => {
                entry.abis = names.split(',').map(abi).collect::<Result<_>>()?
            }
            _ => bail!("{word}: not one of args, exit, limit, stock, abi, hosts=1"),
        }
    }
    ensure!(!entry.ranks.is_empty(), "no numbers of ranks");
    Ok(entry)
}

fn abi(name: &str) -> Result<Abi> {
    Abi::parse(name).with_context(|| format!("{name} is no ABI"))
}

/// Seconds of work; minutes on a machine that many share.
const COMPILE_LIMIT: Duration = Duration::from_secs(300);

/// Compiles a program for an ABI, unless that was done before with the same
/// source. Our own compiler wrapper is needed for the standard ABI.
pub fn compile(source: &Path, abi: Abi, products: Option<&Products>) -> Result<PathBuf> {
    let extension = source.extension().and_then(|extension| extension.to_str());
    let (wrapper, options) = match extension {
        Some("c") => ("mpicc", C_OPTIONS),
        // There is none of ours: MPI has had no C++ bindings since MPI-3.0.
        Some("cpp") => ("mpicxx", CXX_OPTIONS),
        _ => ("mpifort", FORTRAN_OPTIONS),
    };
    let compiler = match (abi, products) {
        (Abi::Mpich, _) => PathBuf::from(format!("{wrapper}.mpich")),
        (Abi::OpenMpi, _) => PathBuf::from(format!("{wrapper}.openmpi")),
        (Abi::Standard, Some(products)) => products.program(wrapper),
        (Abi::Standard, None) => bail!("the standard ABI needs our {wrapper}"),
    };
    build(source, &compiler, options, abi.name())
}

/// The same with a compiler that is no Debian package's, or no MPI's; into a folder
/// of this name.
pub fn compile_with(source: &Path, compiler: &Path, folder: &str) -> Result<PathBuf> {
    build(source, compiler, C_OPTIONS, folder)
}

/// A C program from an object file that stock MPICH's wrapper compiled, linked with our
/// library and nothing of the stock one.
pub fn relink(source: &Path, products: &Products) -> Result<PathBuf> {
    let stem = source.file_stem().context("a source without a name")?.to_string_lossy();
    let object = products.work().join(format!("{stem}.o"));
    let program = products.work().join(format!("{stem}-relinked"));
    let mut compile = Command::new("mpicc.mpich");
    compile.args(["-O1", "-c", "-o"]).arg(&object).arg(source);
    let mut link = Command::new("cc");
    link.arg("-o").arg(&program).arg(&object);
    link.arg(format!("-L{}", products.folder.display())).args(["-lmpisecure", "-lm"]);
    for command in [&mut compile, &mut link] {
        let outcome = process::run(command, COMPILE_LIMIT)?;
        ensure!(outcome.success(), "{command:?} failed: {}", outcome.explain());
    }
    Ok(program)
}

/// What stock MPICH is to preload where only its results are wanted.
pub fn patience() -> Result<PathBuf> {
    let source = root().join("c-tests/differential/patience.c");
    build(&source, Path::new("cc"), PRELOAD_OPTIONS, "preload")
}

fn build(source: &Path, compiler: &Path, options: &[&str], folder: &str) -> Result<PathBuf> {
    let stem =
        source.file_stem().and_then(|stem| stem.to_str()).context("a source without a name")?;
    let mark = fingerprint(source, compiler, options)?;
    let folder = cache()?.join("programs").join(folder);
    fs::create_dir_all(&folder)?;
    let program = folder.join(format!("{stem}-{mark:016x}"));
    if program.exists() {
        return Ok(program);
    }
    // In place at once, for other runs of this command.
    let fresh = folder.join(format!("{stem}-{mark:016x}.{}", std::process::id()));
    let outcome = process::run(
        Command::new(compiler).args(options).arg("-o").arg(&fresh).arg(source).arg("-lm"),
        COMPILE_LIMIT,
    )
    .with_context(|| format!("no compiler {}", compiler.display()))?;
    ensure!(
        outcome.success(),
        "{} does not compile {}: {}",
        compiler.display(),
        source.display(),
        outcome.explain()
    );
    fs::rename(&fresh, &program)?;
    Ok(program)
}

const C_OPTIONS: &[&str] = &["-O1", "-g", "-Wall", "-Wno-stringop-overflow"];
const PRELOAD_OPTIONS: &[&str] = &["-O1", "-g", "-Wall", "-shared", "-fPIC"];
const CXX_OPTIONS: &[&str] = &["-O1", "-g", "-w"];
/// mpif.h has no interfaces, and one program calls a procedure with several
/// types of buffers.
const FORTRAN_OPTIONS: &[&str] = &["-O1", "-g", "-w", "-fallow-argument-mismatch"];

/// A number that changes with the source, what it includes, the compiler and
/// its options. A stock compiler stands for its library, of the same package
/// version: what the library printed is remembered under this number.
fn fingerprint(source: &Path, compiler: &Path, options: &[&str]) -> Result<u64> {
    let mut state = DefaultHasher::new();
    options.hash(&mut state);
    let shared = root().join("c-tests/lib");
    let headers = root().join("include");
    let beside = source.parent().context("a source without a folder")?;
    let mut paths = vec![source.to_path_buf()];
    for folder in [shared, headers, beside.to_path_buf()] {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut found: Vec<_> =
            entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
        // Programs beside it are none of its business.
        found.retain(|path| !path.starts_with(beside) || path.extension() == Some("h".as_ref()));
        found.sort();
        paths.extend(found);
    }
    for path in paths {
        fs::read(&path)
            .with_context(|| format!("cannot read {}", path.display()))?
            .hash(&mut state);
    }
    compiler.hash(&mut state);
    let place = compiler.to_str().and_then(packages::find);
    if let Some(place) = place {
        fs::metadata(place)?.modified()?.hash(&mut state);
    }
    Ok(state.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_testlist_is_read_and_its_programs_exist() {
        let entries = entries().unwrap();
        assert!(entries.len() > 60, "{} entries", entries.len());
    }

    #[test]
    fn every_folder_with_a_testlist_is_a_chapter() {
        for folder in fs::read_dir(root().join("c-tests")).unwrap().flatten() {
            let name = folder.file_name().into_string().unwrap();
            let listed = folder.path().join("testlist").exists();
            // Fortran's is run by a suite of its own.
            let known = CHAPTERS.contains(&name.as_str()) || name == "fortran";
            assert_eq!(listed, known, "c-tests/{name}");
        }
    }

    #[test]
    fn a_line_with_everything() {
        let entry =
            parse("init", "some 2 4 args=\"10 20\" exit=fail limit=9 stock=openmpi").unwrap();
        assert_eq!(entry.name, "init/some");
        assert_eq!(entry.ranks, [2, 4]);
        assert_eq!(entry.arguments, ["10", "20"]);
        assert!(entry.exit.admits(6) && !entry.exit.admits(0));
        assert_eq!((entry.limit, entry.model), (9, Model::Only(Abi::OpenMpi)));
        let entry = parse("init", "other 1 abi=mpich,standard").unwrap();
        assert_eq!(entry.abis, [Abi::Mpich, Abi::Standard]);
    }

    #[test]
    fn an_unknown_word_is_refused() {
        assert!(parse("init", "some 2 colour=red").is_err());
        assert!(parse("init", "some 2 abi=lam").is_err());
        assert!(parse("init", "some").is_err());
    }
}
