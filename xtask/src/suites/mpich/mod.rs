//! MPICH's own test suite as the judge: programs that we did not write, built
//! in three ABIs, run with our launcher and library, and each line compared
//! with what the stock library makes of it.
//!
//! The suite comes from Debian's source package ([`source`]), is built outside
//! the repository ([`build`]), read line by line ([`testlist`]), run
//! ([`runner`]), judged ([`verdict`], [`reference`]) and told ([`table`]).
//! Named on the command line it runs whole; as one of all suites only the
//! [`REPRESENTATIVE`] programs run, between two hosts.

mod build;
mod reference;
mod runner;
mod source;
mod table;
mod testlist;
mod verdict;

use crate::job::{Abi, Spread};
use crate::products::Products;
use crate::tally::Tally;
use anyhow::{Context, Result, ensure};
use build::Build;
use reference::{Reference, Status};
use runner::{Ran, Way};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use table::Row;
use testlist::{Language, Line};
use verdict::Verdict;

/// What of the suite to run. Without any of these: all of it, in both languages
/// and every ABI, on one host and then on two.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Options {
    /// Suites mpich and python: only programs of this ABI; may be given several times
    #[arg(long, value_enum)]
    pub abi: Vec<Abi>,
    /// Suite mpich: only programs in this language; may be given several times
    #[arg(long, value_enum)]
    pub language: Vec<Language>,
    /// Suite mpich: on 1 host only, or on 2 only
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub hosts: Option<u8>,
    /// Suite mpich: this many times over
    #[arg(long, default_value_t = 1)]
    pub times: usize,
    /// Suite mpich: tests that run at the same time
    #[arg(long, default_value_t = 2)]
    pub at_once: usize,
    /// Suites mpich and python: append results to this file, tab-separated
    #[arg(long)]
    pub results: Option<PathBuf>,
}

impl Options {
    fn ways(&self, stock: bool) -> Vec<Way> {
        let abis = if self.abi.is_empty() { Abi::ALL.to_vec() } else { self.abi.clone() };
        let languages =
            if self.language.is_empty() { Language::ALL.to_vec() } else { self.language.clone() };
        let spreads = match self.hosts {
            Some(1) => vec![Spread::OneHost],
            Some(_) => vec![Spread::BothHosts],
            None => vec![Spread::OneHost, Spread::BothHosts],
        };
        let mut ways = Vec::new();
        for language in languages {
            // No stock library has the standard's ABI.
            for &abi in abis.iter().filter(|abi| !stock || **abi != Abi::Standard) {
                let of_spread = |&spread| Way { language, abi, spread, stock };
                ways.extend(spreads.iter().map(of_spread));
            }
        }
        ways
    }
}

/// One or two programs of every kind that the suite has, all of them quick: what
/// the tests of every change run.
const REPRESENTATIVE: &[&str] = &[
    "attr/attrt",
    "attr/fkeyvalcomm",
    "coll/allred",
    "coll/alltoallw2",
    "coll/bcasttest",
    "coll/icallreduce",
    "coll/nbicbarrier",
    "coll/neighb_alltoallw",
    "coll/nonblocking2",
    "coll/p_allgatherv",
    "coll/redscat2",
    "coll/scantst",
    "coll/uoplong",
    "comm/cmsplit2",
    "comm/comm_create_group",
    "comm/comm_idup_overlap",
    "comm/dup_with_info",
    "comm/icsplit",
    "datatype/contents",
    "datatype/darray_pack",
    "datatype/get_elements",
    "datatype/lots_of_types",
    "datatype/pack_external",
    "datatype/sendrecvt4",
    "datatype/subarray",
    "errhan/adderr",
    "errhan/commcall",
    "errors/coll/rerr",
    "errors/comm/cfree",
    "errors/comm/userdup",
    "errors/pt2pt/errinstatwa",
    "errors/pt2pt/truncmsg1",
    "group/grouptest",
    "info/infomany2",
    "init/exitst2",
    "init/session",
    "part/parrived",
    "part/start_pready_list",
    "pt2pt/bsend5",
    "pt2pt/greq1",
    "pt2pt/isendrecv_replace",
    "pt2pt/mprobe",
    "pt2pt/probe_unexp",
    "pt2pt/recv_any",
    "pt2pt/sendall",
    "pt2pt/waittestnull",
    "threads/comm/comm_create_threads",
    "threads/comm/ctxidup",
    "threads/pt2pt/mt_improbe_sendrecv",
    "threads/pt2pt/multisend2",
    "topo/cartsuball",
    "topo/dgraph_unwgt",
    "topo/distgraph1",
];

/// Likewise of Fortran: the three ways in, and what each has of its own.
const REPRESENTATIVE_FORTRAN: &[&str] = &[
    "f77/attr/commattr2f",
    "f77/coll/uallreducef",
    "f77/datatype/hindex1f",
    "f77/ext/c2f2cf",
    "f77/pt2pt/statusesf",
    "f90/coll/alltoallwf90",
    "f90/datatype/createf90",
    "f90/info/infotest2f90",
    "f90/misc/sizeof2",
    "f90/pt2pt/greqf90",
    "f08/attr/fandcattrf08",
    "f08/coll/vw_inplacef08",
    "f08/comm/commerrf08",
    "f08/pt2pt/psendf08",
    "f08/subarray/test3",
    "f08/topo/dgraph_wgtf90",
];

/// All of it when named; as one of all suites the representative programs,
/// between two hosts.
pub fn run(stage: &super::Stage, tally: &mut Tally) -> Result<()> {
    if let Some(options) = &stage.mpich {
        return run_whole(options, false, Some(&stage.products), tally);
    }
    for (language, chosen) in
        [(Language::C, REPRESENTATIVE), (Language::Fortran, REPRESENTATIVE_FORTRAN)]
    {
        let way = Way { language, abi: Abi::Mpich, spread: Spread::BothHosts, stock: false };
        let mut build = Build::prepare(way.abi, language, Some(&stage.products))?;
        let lines = testlist::read(language, build.folder(), &build.sources)?;
        for name in chosen {
            let is_there = lines.iter().any(|line| line.key.name() == *name);
            ensure!(is_there, "the testlists of MPICH's suite do not name {name}");
        }
        // Also those of one rank, which the whole suite runs on one host.
        let lines: Vec<&Line> = lines
            .iter()
            .filter(|line| chosen.contains(&line.key.name().as_str()))
            .filter(|line| tally.wants(&title(&way, line)))
            .collect();
        pass(&mut build, &way, &lines, Some(&stage.products), 2, None, tally)?;
    }
    Ok(())
}

/// What the options say.
pub fn run_whole(
    options: &Options,
    stock: bool,
    products: Option<&Products>,
    tally: &mut Tally,
) -> Result<()> {
    let mut results = match &options.results {
        Some(path) => {
            let file = File::options().create(true).append(true).open(path);
            Some(file.with_context(|| format!("cannot write {}", path.display()))?)
        }
        None => None,
    };
    for _ in 0..options.times {
        for way in options.ways(stock) {
            let mut build = Build::prepare(way.abi, way.language, products)?;
            let lines = lines(&build, &way, tally)?;
            let lines: Vec<&Line> = lines.iter().collect();
            pass(&mut build, &way, &lines, products, options.at_once, results.as_mut(), tally)?;
        }
    }
    Ok(())
}

/// The lines that the caller asked for and that make sense this way.
fn lines(build: &Build, way: &Way, tally: &Tally) -> Result<Vec<Line>> {
    let mut lines = testlist::read(build.language, build.folder(), &build.sources)?;
    // One rank sends nothing from host to host.
    lines.retain(|line| way.spread == Spread::OneHost || line.key.ranks > 1);
    lines.retain(|line| tally.wants(&title(way, line)));
    Ok(lines)
}

fn title(way: &Way, line: &Line) -> String {
    format!("{}, {}", line.key.title(), way.title())
}

fn pass(
    build: &mut Build,
    way: &Way,
    lines: &[&Line],
    products: Option<&Products>,
    at_once: usize,
    mut results: Option<&mut File>,
    tally: &mut Tally,
) -> Result<()> {
    ensure!(at_once > 0, "no tests at once is no test at all");
    if lines.is_empty() {
        return Ok(());
    }
    let reference = Reference::read(way.abi)?;
    // Of what the reference run left out nothing can be asked, and some of it
    // takes many minutes.
    let (left_out, lines): (Vec<&Line>, Vec<&Line>) =
        lines.iter().partition(|line| reference.stock(&line.key) == Some(Status::Skip));
    build.make(&lines)?;
    if let Some(file) = &mut results {
        writeln!(file, "# {}\n{}", way.title(), table::RECORD_HEAD)?;
    }
    let start = Instant::now();
    let mut rows: Vec<Row> = Vec::new();
    let mut failed = 0;
    let heard = |ran: Ran| {
        let line = lines[ran.index];
        let verdict = judge(&reference, line, &ran);
        let name = title(way, line);
        match &verdict {
            Verdict::Passed => tally.pass_many(1),
            Verdict::Failed => {
                failed += 1;
                tally.fail(&name, &ran.words);
            }
            Verdict::NotApplicable(_) => tally.skip_many(1),
        }
        let row = Row { key: line.key.clone(), status: ran.status, verdict, elapsed: ran.elapsed };
        if let Some(file) = &mut results
            && let Err(error) = writeln!(file, "{}", table::record(&row))
        {
            eprintln!("mpich suite: cannot write the results: {error}");
        }
        rows.push(row);
        if rows.len().is_multiple_of(50) || rows.len() == lines.len() {
            let (done, total, seconds) = (rows.len(), lines.len(), start.elapsed().as_secs());
            eprintln!(
                "mpich suite: {}: {done} of {total} lines, {failed} failed, {seconds} s",
                way.title()
            );
        }
    };
    runner::run(build, way, &lines, products, at_once, heard)?;
    tally.skip_many(left_out.len());
    rows.extend(left_out.iter().map(|line| Row {
        key: line.key.clone(),
        status: Status::Skip,
        verdict: verdict::judge(Status::Skip, Some(Status::Skip), None),
        elapsed: Duration::ZERO,
    }));
    tally.line(&table::render(&way.title(), &rows, start.elapsed()));
    Ok(())
}

/// A machine too small for a line excuses it, whatever the stock library does.
fn judge(reference: &Reference, line: &Line, ran: &Ran) -> Verdict {
    if ran.status == Status::Skip {
        return Verdict::NotApplicable(ran.words.clone());
    }
    verdict::judge(ran.status, reference.stock(&line.key), reference.exception(&line.key))
}
