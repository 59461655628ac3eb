//! `MPI_Comm_split_type` (MPI-4.1, section 7.4.2): who shares what. Known are
//! the host, the parts of it that the kernel lists, directories, and the
//! process sets of sessions; for what is not known there is no communicator.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use super::comm_create::{Color, divide, exchange, put};
use super::{hints, secure};
use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::{Comm, Info, Process, Ref};
use crate::object::Result;
use crate::sys::host;
use crate::sys::processors::{Part, restricted_to};

/// Key of the info object that says, and is told, which resource is meant.
const RESOURCE_KEY: &str = "mpi_hw_resource_type";
const PSET_KEY: &str = "mpi_pset_name";
const DIRECTORY_KEY: &str = "nbhd_common_dirname";

/// What MPI-4.1 calls the memory that processes of a host can share.
const SHARED_MEMORY: &str = "mpi_shared_memory";

/// Names of resources: those of hwloc, which the standard takes as its
/// example, and the older ones of MPICH.
#[rustfmt::skip]
const RESOURCES: &[(Part, &str, &[&str])] = &[
    (Part::Machine, "hwloc://Machine", &["machine", SHARED_MEMORY]),
    (Part::Package, "hwloc://Package", &["package", "socket"]),
    (Part::NumaNode, "hwloc://NUMANode", &["numanode", "numa"]),
    (Part::L3Cache, "hwloc://L3Cache", &["l3cache", "l3ucache", "l3dcache"]),
    (Part::L2Cache, "hwloc://L2Cache", &["l2cache", "l2ucache", "l2dcache"]),
    (Part::L1Cache, "hwloc://L1Cache", &["l1cache", "l1ucache", "l1dcache"]),
    (Part::Core, "hwloc://Core", &["core"]),
    (Part::Thread, "hwloc://PU", &["pu", "hwthread"]),
];

/// The part of the host a name stands for.
fn part_named(name: &str) -> Option<Part> {
    let is = |known: &str| known.eq_ignore_ascii_case(name);
    let row = RESOURCES.iter().find(|(_, uri, names)| is(uri) || names.iter().any(|n| is(n)));
    row.map(|row| row.0)
}

/// The resources and whether this process is restricted to one of each.
pub(super) fn resources() -> impl Iterator<Item = (&'static str, bool)> {
    RESOURCES.iter().map(|&(part, uri, _)| (uri, restricted_to(part).is_some()))
}

fn digest(what: impl Hash) -> [u8; 8] {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    (hasher.finish() | 1).to_le_bytes()
}

/// Tells hosts apart. Where the launcher says which ranks share a node, its
/// word counts; the kernel's identity otherwise.
fn host_digest(process: &Process) -> [u8; 8] {
    let job = process.launcher().job();
    match job.local_ranks.first() {
        Some(first) => digest((&job.id, first)),
        None => digest(host::identity()),
    }
}

/// The color of those who share a part of the host with this process.
fn share(process: &Process, part: Part) -> Option<Color> {
    let place = restricted_to(part)?;
    Some(color(host_digest(process), digest((part as u32, place))))
}

fn color(host: [u8; 8], rest: [u8; 8]) -> Color {
    let mut color = [0; 16];
    color[..8].copy_from_slice(&host);
    color[8..].copy_from_slice(&rest);
    color
}

pub(super) fn split_type(
    cx: &Cx,
    comm: Ref<Comm>,
    split_type: SplitType,
    key: i32,
    info: Option<Ref<Info>>,
    newcomm: HandlePlace<Comm>,
) -> Result<()> {
    let hint = |key: &str| info.as_ref().and_then(|info| info.get(key));
    let own = color(digest("own"), digest(cx.process.engine().me().0));
    let everybody = color(digest("all"), [0; 8]);
    // Everybody takes part in both exchanges, with a color or without.
    let survey = Survey::take(cx, &comm, split_type, hint(DIRECTORY_KEY))?;
    let color = match split_type {
        SplitType::Undefined => None,
        SplitType::Shared | SplitType::OmpiBoard | SplitType::OmpiHost => {
            share(cx.process, Part::Machine)
        }
        SplitType::OmpiCu | SplitType::OmpiCluster => Some(everybody),
        // Open MPI leaves a process that is not bound so far by itself.
        SplitType::OmpiSocket => share(cx.process, Part::Package).or(Some(own)),
        SplitType::OmpiNuma => share(cx.process, Part::NumaNode).or(Some(own)),
        SplitType::OmpiL3 => share(cx.process, Part::L3Cache).or(Some(own)),
        SplitType::OmpiL2 => share(cx.process, Part::L2Cache).or(Some(own)),
        SplitType::OmpiL1 => share(cx.process, Part::L1Cache).or(Some(own)),
        SplitType::OmpiCore => share(cx.process, Part::Core).or(Some(own)),
        SplitType::OmpiThread => share(cx.process, Part::Thread).or(Some(own)),
        SplitType::HwGuided => hint(RESOURCE_KEY)
            .and_then(|name| part_named(&name))
            .and_then(|part| share(cx.process, part)),
        SplitType::HwUnguided => {
            let found = survey.narrower();
            if let (Some((_, uri)), Some(info)) = (&found, &info) {
                info.set(RESOURCE_KEY, uri)?;
            }
            found.map(|(color, _)| color)
        }
        // MPICH before 4.1 has this number for its neighbourhoods.
        SplitType::ResourceGuided | SplitType::Neighborhood => {
            let part = hint(RESOURCE_KEY).and_then(|name| part_named(&name));
            let pset = hint(PSET_KEY);
            match (part, pset.as_deref()) {
                (Some(part), None) => share(cx.process, part),
                (None, Some(name)) if name.eq_ignore_ascii_case("mpi://world") => Some(everybody),
                (None, Some(name)) if name.eq_ignore_ascii_case("mpi://self") => Some(own),
                _ => survey.neighbourhood(cx.process),
            }
        }
    };
    let new = divide(cx.process, &comm, color, key)?;
    if let Some(new) = &new {
        new.info.store(Arc::new(hints::of(info.as_ref())));
        if let Some(info) = &info {
            secure::made(cx.process, new, Some(&comm), Some(info))?;
        }
    }
    put(cx, &newcomm, new)
}

/// What has to be known of all before anybody can choose a color.
struct Survey {
    /// This process's color by part, where they were asked for.
    shares: [Option<Color>; Part::ALL.len()],
    directory: Option<String>,
    /// Of those who want a communicator.
    rows: Vec<[u8; Survey::LEN]>,
}

impl Survey {
    /// A color for each part, a digest of the directory's name, a flag.
    const LEN: usize = 16 * Part::ALL.len() + 9;
    const NAME: usize = 16 * Part::ALL.len();
    const WANTS: usize = Survey::LEN - 1;

    fn take(
        cx: &Cx,
        comm: &Comm,
        split_type: SplitType,
        directory: Option<String>,
    ) -> Result<Survey> {
        let shares = match split_type {
            SplitType::HwUnguided => Part::ALL.map(|part| share(cx.process, part)),
            _ => [None; Part::ALL.len()],
        };
        let mut row = [0; Survey::LEN];
        for (place, color) in row.chunks_exact_mut(16).zip(&shares) {
            place.copy_from_slice(&color.unwrap_or_default());
        }
        let name = directory.as_ref().map_or([0; 8], digest);
        row[Survey::NAME..Survey::WANTS].copy_from_slice(&name);
        row[Survey::WANTS] = u8::from(split_type != SplitType::Undefined);
        let said = exchange(cx.process, comm, row)?;
        let rows = said.ours.into_iter().chain(said.theirs);
        let rows = rows.filter(|row| row[Survey::WANTS] != 0).collect();
        Ok(Survey { shares, directory, rows })
    }

    /// The outermost resource that divides the communicator for everybody: its
    /// color and its name.
    fn narrower(&self) -> Option<(Color, &'static str)> {
        (0..Part::ALL.len()).find_map(|part| {
            let said = |row: &[u8; Survey::LEN]| -> Color {
                row[16 * part..16 * part + 16].try_into().expect("a color")
            };
            let own = self.shares[part]?;
            let all_know = self.rows.iter().all(|row| said(row) != Color::default());
            let divides = self.rows.iter().any(|row| said(row) != own);
            (all_know && divides).then_some((own, RESOURCES[part].1))
        })
    }

    /// Those on the same host who see the same directory, when everybody names
    /// the same: what hosts share with each other cannot be told from outside.
    fn neighbourhood(&self, process: &Process) -> Option<Color> {
        let name = self.directory.as_ref()?;
        let is_own = |row: &[u8; Survey::LEN]| row[Survey::NAME..Survey::WANTS] == digest(name);
        let found = std::fs::metadata(name).ok().filter(|found| found.is_dir())?;
        let place = digest((found.dev(), found.ino()));
        self.rows.iter().all(is_own).then(|| color(host_digest(process), place))
    }
}
