//! The command line of `mpiexec`: what users of MPICH and Open MPI type. Long
//! options may begin with one dash or two. Options that only tune what we do
//! not have (binding, verbosity) are accepted with a word; unknown ones are
//! an error, since guessing what follows them would run the wrong program.

use super::environment::Variable;
use super::hosts::{self, Host};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::time::Duration;

pub const HELP: &str = "\
mpiexec: run an MPI program on this host or on several

    mpiexec [OPTIONS] PROGRAM [ARGUMENTS] [: [OPTIONS] PROGRAM [ARGUMENTS]]...

  -n N, -np N             ranks of this program (1)
  --hosts a:2,b:2         hosts and slots (also -host, -H); default: this host
  --hostfile FILE         lines `host:slots` or `host slots=N` (also -f, -machinefile)
  -ppn N                  slots of every host, whatever the list says
  -x VAR[=VALUE]          set or forward a variable (also -env, -genv NAME VALUE)
  --wdir DIR              working directory (default: this one)
  -l, --prefix-output     begin each line with the rank that wrote it
  --timeout SECONDS       end the job after this time, with status 124
                          (default: MPIEXEC_TIMEOUT of the environment, or none)
  --grace SECONDS         time between TERM and KILL when the job is ended (2)
  -usize N                universe size to report
  --launcher-exec SSH     called as `SSH HOST COMMAND` to reach a host (ssh)
  --agent-exec PATH       mpiexec on the other hosts, if not at the same path
  --version, --help

A colon separates programs of one job (MPMD). Exit status: 0 when every rank
exits with 0, else that of the first rank that failed; 128+N after signal N.
";

/// One of the `:`-separated programs.
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub ranks: u32,
    pub words: Vec<OsString>,
    pub directory: Option<PathBuf>,
    pub variables: Vec<Variable>,
}

#[derive(Clone, Debug)]
pub struct Options {
    pub programs: Vec<Program>,
    /// Empty: this host.
    pub hosts: Vec<Host>,
    /// For all programs.
    pub variables: Vec<Variable>,
    pub prefix_output: bool,
    pub timeout: Option<Duration>,
    pub grace: Duration,
    pub universe: Option<u32>,
    pub launcher_exec: Vec<OsString>,
    pub agent_exec: Option<PathBuf>,
    /// Options that were accepted and do nothing, for a word to the user.
    pub ignored: Vec<String>,
}

#[derive(Debug)]
pub enum Request {
    Run(Box<Options>),
    Help,
    Version,
}

/// Known from other launchers, and without effect here: name and how many
/// words follow.
const HARMLESS: &[(&str, usize)] = &[
    ("allow-run-as-root", 0),
    ("bind-to", 1),
    ("bind-to-core", 0),
    ("bind-to-none", 0),
    ("disable-auto-cleanup", 0),
    ("display-map", 0),
    ("genvall", 0),
    ("iface", 1),
    ("map-by", 1),
    ("mca", 2),
    ("ordered-output", 0),
    ("oversubscribe", 0),
    ("pmi-port", 0),
    ("q", 0),
    ("quiet", 0),
    ("rank-by", 1),
    ("report-bindings", 0),
    ("rmk", 1),
    ("topolib", 1),
    ("use-hwthread-cpus", 0),
    ("v", 0),
    ("verbose", 0),
];

/// Those of them that ask for something a user would miss.
const WORTH_A_WORD: &[&str] = &["bind-to", "bind-to-core", "map-by", "rank-by", "iface", "mca"];

/// Reads the words after the program's name; `variable` is this process's
/// environment and `read` reads a host file.
pub fn parse(
    words: impl IntoIterator<Item = OsString>,
    variable: &dyn Fn(&OsStr) -> Option<OsString>,
    read: &dyn Fn(&str) -> std::io::Result<String>,
) -> Result<Request, String> {
    let mut parser = Parser::new(variable, read);
    let mut words = words.into_iter();
    let mut program = Program { ranks: 1, ..Program::default() };
    while let Some(word) = words.next() {
        if word == ":" {
            parser.finish(program)?;
            program = Program { ranks: 1, ..Program::default() };
        } else if !program.words.is_empty() || !word.as_bytes().starts_with(b"-") {
            program.words.push(word);
        } else if word == "--" {
            program.words.extend(words.by_ref().take_while(|word| word != ":").collect::<Vec<_>>());
        } else if let Some(request) = parser.option(&word, &mut words, &mut program)? {
            return Ok(request);
        }
    }
    parser.finish(program)?;
    if parser.options.timeout.is_none() {
        parser.options.timeout = timeout_of_environment(variable)?;
    }
    let mut options = parser.options;
    if let Some(slots) = parser.slots {
        options.hosts.iter_mut().for_each(|host| host.slots = slots);
    }
    let total: u64 = options.programs.iter().map(|program| u64::from(program.ranks)).sum();
    if total > 1 << 20 {
        return Err(format!("{total} ranks are more than 1048576"));
    }
    Ok(Request::Run(Box::new(options)))
}

struct Parser<'a> {
    options: Options,
    slots: Option<u32>,
    variable: &'a dyn Fn(&OsStr) -> Option<OsString>,
    read: &'a dyn Fn(&str) -> std::io::Result<String>,
}

impl<'a> Parser<'a> {
    fn new(
        variable: &'a dyn Fn(&OsStr) -> Option<OsString>,
        read: &'a dyn Fn(&str) -> std::io::Result<String>,
    ) -> Parser<'a> {
        let options = Options {
            programs: Vec::new(),
            hosts: Vec::new(),
            variables: Vec::new(),
            prefix_output: false,
            timeout: None,
            grace: Duration::from_secs(2),
            universe: None,
            launcher_exec: vec!["ssh".into()],
            agent_exec: None,
            ignored: Vec::new(),
        };
        Parser { options, slots: None, variable, read }
    }

    fn finish(&mut self, program: Program) -> Result<(), String> {
        if program.words.is_empty() {
            return Err(match self.options.programs.len() {
                0 => "no program to run; mpiexec --help shows the options".to_string(),
                _ => "no program after a colon".to_string(),
            });
        }
        self.options.programs.push(program);
        Ok(())
    }

    fn option(
        &mut self,
        word: &OsStr,
        words: &mut impl Iterator<Item = OsString>,
        program: &mut Program,
    ) -> Result<Option<Request>, String> {
        let text = word.to_str().ok_or_else(|| format!("{word:?} is not an option"))?;
        let bare = text.strip_prefix("--").unwrap_or(&text[1..]);
        // --hosts=a,b as well as --hosts a,b.
        let (name, attached) = match bare.split_once('=') {
            Some((name, value)) if text.starts_with("--") => (name, Some(OsString::from(value))),
            _ => (bare, None),
        };
        let mut attached = attached;
        let mut value = || -> Result<OsString, String> {
            attached.take().or_else(|| words.next()).ok_or_else(|| format!("{text} needs a value"))
        };
        match name {
            "n" | "np" | "c" => program.ranks = number(text, &value()?, 1..=1 << 20)?,
            "hosts" | "host" | "H" => {
                let list = hosts::parse_list(&utf8(text, value()?)?)?;
                self.hosts(text, list)?;
            }
            "hostfile" | "f" | "machinefile" | "default-hostfile" => {
                let path = utf8(text, value()?)?;
                let file = (self.read)(&path)
                    .map_err(|error| format!("cannot read the host file {path}: {error}"))?;
                self.hosts(text, hosts::parse_file(&path, &file)?)?;
            }
            "ppn" | "perhost" | "npernode" | "N" => {
                self.slots = Some(number(text, &value()?, 1..=1 << 20)?);
            }
            "x" => {
                let asked = value()?.into_vec();
                let pair = self.asked(asked)?;
                self.options.variables.push(pair);
            }
            "env" | "genv" => {
                let pair = (value()?.into_vec(), value()?.into_vec());
                check_name(&pair.0)?;
                match name {
                    "env" => program.variables.push(pair),
                    _ => self.options.variables.push(pair),
                }
            }
            "envlist" | "genvlist" => {
                for name in utf8(text, value()?)?.split(',') {
                    let pair = self.asked(name.as_bytes().to_vec())?;
                    self.options.variables.push(pair);
                }
            }
            "wdir" | "wd" => program.directory = Some(value()?.into()),
            "l" | "prefix-output" | "prepend-rank" | "tag-output" => {
                self.options.prefix_output = true;
            }
            "timeout" => {
                let seconds = number(text, &value()?, 1..=1 << 30)?;
                self.options.timeout = Some(Duration::from_secs(u64::from(seconds)));
            }
            "grace" => {
                let seconds = number(text, &value()?, 0..=86_400)?;
                self.options.grace = Duration::from_secs(u64::from(seconds));
            }
            "usize" => self.options.universe = Some(number(text, &value()?, 1..=1 << 30)?),
            "launcher-exec" | "bootstrap-exec" => {
                self.options.launcher_exec = command(value()?)?;
            }
            "launcher" | "bootstrap" => match utf8(text, value()?)?.as_str() {
                "ssh" => {}
                other => {
                    return Err(format!(
                        "launcher {other:?} is not supported: use ssh, or --launcher-exec with a \
                         program that is called like it"
                    ));
                }
            },
            "agent-exec" => self.options.agent_exec = Some(value()?.into()),
            "help" | "h" => return Ok(Some(Request::Help)),
            "version" | "V" => return Ok(Some(Request::Version)),
            _ => match HARMLESS.iter().find(|(known, _)| *known == name) {
                Some((known, count)) => {
                    for _ in 0..*count {
                        value()?;
                    }
                    if WORTH_A_WORD.contains(known) {
                        self.options.ignored.push(text.to_string());
                    }
                }
                None => {
                    return Err(format!(
                        "unknown option {text}; mpiexec --help shows those there are"
                    ));
                }
            },
        }
        if attached.is_some() {
            return Err(format!("{text} takes no value"));
        }
        Ok(None)
    }

    fn hosts(&mut self, option: &str, list: Vec<Host>) -> Result<(), String> {
        if !self.options.hosts.is_empty() {
            return Err(format!(
                "{option}: the hosts of a job are given once, before its programs"
            ));
        }
        self.options.hosts = list;
        Ok(())
    }

    /// `VAR=VALUE`, or the value that `VAR` has here.
    fn asked(&self, text: Vec<u8>) -> Result<Variable, String> {
        let (name, value) = match text.iter().position(|byte| *byte == b'=') {
            Some(at) => (text[..at].to_vec(), Some(text[at + 1..].to_vec())),
            None => (text, None),
        };
        check_name(&name)?;
        let value =
            value.or_else(|| (self.variable)(OsStr::from_bytes(&name)).map(OsString::into_vec));
        value.map(|value| (name.clone(), value)).ok_or_else(|| {
            let name = String::from_utf8_lossy(&name);
            format!("-x {name}: the variable is not set here; give a value: -x {name}=VALUE")
        })
    }
}

/// Hydra's variable, which test suites and batch scripts set. Zero and less
/// mean no limit there.
fn timeout_of_environment(
    variable: &dyn Fn(&OsStr) -> Option<OsString>,
) -> Result<Option<Duration>, String> {
    const NAME: &str = "MPIEXEC_TIMEOUT";
    let Some(value) = variable(OsStr::new(NAME)).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let seconds: i32 = value
        .to_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| format!("{NAME}={value:?} is not a number of seconds"))?;
    Ok(u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs))
}

fn check_name(name: &[u8]) -> Result<(), String> {
    if name.is_empty() || name.contains(&b'=') || name.contains(&0) {
        return Err(format!("{:?} is not a variable's name", String::from_utf8_lossy(name)));
    }
    Ok(())
}

fn utf8(option: &str, value: OsString) -> Result<String, String> {
    value.into_string().map_err(|value| format!("{option} {value:?} is not UTF-8"))
}

fn number(
    option: &str,
    value: &OsStr,
    range: std::ops::RangeInclusive<u32>,
) -> Result<u32, String> {
    let number = value.to_str().and_then(|text| text.parse().ok());
    number.filter(|number| range.contains(number)).ok_or_else(|| {
        format!("{option} {value:?} is not a number in {}..={}", range.start(), range.end())
    })
}

/// The ssh-like command: a path, or a command line such as `ssh -p 2222`.
fn command(value: OsString) -> Result<Vec<OsString>, String> {
    if std::path::Path::new(&value).exists() {
        return Ok(vec![value]);
    }
    let words: Vec<OsString> =
        utf8("--launcher-exec", value)?.split_whitespace().map(OsString::from).collect();
    if words.is_empty() { Err("--launcher-exec needs a command".to_string()) } else { Ok(words) }
}

/// What to tell the user about options without effect, if anything.
pub fn word_about(ignored: &[String]) -> Option<String> {
    match ignored {
        [] => None,
        options => Some(format!(
            "{} has no effect here: ranks are not bound and placed by slots",
            options.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(line: &str) -> Result<Request, String> {
        let here = |name: &OsStr| (name == "SET").then(|| OsString::from("here"));
        let read = |path: &str| match path {
            "hosts.txt" => Ok("a slots=2\nb:3\n".to_string()),
            _ => Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
        };
        parse(line.split_whitespace().map(OsString::from), &here, &read)
    }

    fn run(line: &str) -> Options {
        match request(line) {
            Ok(Request::Run(options)) => *options,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn refused(line: &str) -> String {
        request(line).expect_err(line)
    }

    #[test]
    fn options_end_at_the_program() {
        let options = run("-n 4 --hosts a:2,b:2 -l prog -n 7 --help");
        assert_eq!(options.programs[0].ranks, 4);
        assert_eq!(options.programs[0].words, ["prog", "-n", "7", "--help"]);
        assert_eq!(options.hosts.len(), 2);
        assert!(options.prefix_output);
        assert_eq!(run("-- -odd").programs[0].words, ["-odd"]);
    }

    #[test]
    fn colon_begins_another_program_of_the_job() {
        let options = run("-np 2 -env A 1 one x : -n 3 --wdir /tmp two : three");
        let ranks: Vec<u32> = options.programs.iter().map(|program| program.ranks).collect();
        assert_eq!(ranks, [2, 3, 1]);
        assert_eq!(options.programs[0].variables, [(b"A".to_vec(), b"1".to_vec())]);
        assert_eq!(options.programs[1].directory, Some(PathBuf::from("/tmp")));
        assert!(options.programs[1].variables.is_empty());
        assert!(refused("one :").contains("after a colon"));
    }

    #[test]
    fn spellings_of_both_families_are_understood() {
        let options = run("-machinefile hosts.txt -genv B 2 -x C=3=4 -x SET prog");
        assert_eq!(options.hosts[1], Host { name: "b".to_string(), slots: 3 });
        let pair = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
        assert_eq!(options.variables, [pair("B", "2"), pair("C", "3=4"), pair("SET", "here")]);
        assert_eq!(run("--hosts=a,b -ppn 4 prog").hosts[1].slots, 4);
        assert_eq!(run("--launcher-exec=ssh prog").launcher_exec, ["ssh"]);
        let quiet =
            run("--allow-run-as-root --oversubscribe --mca btl tcp,self --bind-to core prog");
        assert_eq!(quiet.ignored, ["--mca", "--bind-to"]);
        assert_eq!(quiet.programs[0].words, ["prog"]);
    }

    #[test]
    fn the_environment_limits_a_job_that_no_option_limits() {
        let with = |value: &str, line: &str| -> Result<_, String> {
            let here = |name: &OsStr| (name == "MPIEXEC_TIMEOUT").then(|| OsString::from(value));
            let read = |_: &str| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
            match parse(line.split_whitespace().map(OsString::from), &here, &read)? {
                Request::Run(options) => Ok(options.timeout),
                other => panic!("{line}: {other:?}"),
            }
        };
        assert_eq!(with("7", "prog"), Ok(Some(Duration::from_secs(7))));
        assert_eq!(with("7", "--timeout 9 prog"), Ok(Some(Duration::from_secs(9))));
        for unlimited in ["0", "-1", ""] {
            assert_eq!(with(unlimited, "prog"), Ok(None), "{unlimited:?}");
        }
        assert!(with("soon", "prog").is_err_and(|message| message.contains("MPIEXEC_TIMEOUT")));
    }

    #[test]
    fn mistakes_are_named() {
        for (line, word) in [
            ("", "no program"),
            ("-n", "needs a value"),
            ("-n 0 prog", "-n \"0\""),
            ("-n x prog", "-n \"x\""),
            ("--frobnicate prog", "--frobnicate"),
            ("-x UNSET prog", "UNSET"),
            ("-env =x 1 prog", "not a variable's name"),
            ("--hostfile nowhere prog", "nowhere"),
            ("--hosts a --hosts b prog", "once"),
            ("--launcher rsh prog", "rsh"),
            ("--prefix-output=yes prog", "takes no value"),
        ] {
            let message = refused(line);
            assert!(message.contains(word), "{line}: {message}");
        }
    }

    #[test]
    fn help_and_version_need_no_program() {
        assert!(matches!(request("--help"), Ok(Request::Help)));
        assert!(matches!(request("-n 2 --version"), Ok(Request::Version)));
    }
}
