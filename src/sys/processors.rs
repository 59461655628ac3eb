//! Which parts of this host the process is restricted to: packages, memory
//! nodes, caches, cores, as the kernel lists them under `/sys`.

use std::fs;

/// A sort of hardware a process may be restricted to, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Machine,
    Package,
    NumaNode,
    L3Cache,
    L2Cache,
    L1Cache,
    Core,
    Thread,
}

impl Part {
    pub const ALL: [Part; 8] = [
        Part::Machine,
        Part::Package,
        Part::NumaNode,
        Part::L3Cache,
        Part::L2Cache,
        Part::L1Cache,
        Part::Core,
        Part::Thread,
    ];
}

/// Processors this process may run on, ascending.
fn allowed() -> Vec<u32> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    line.map(list).unwrap_or_default()
}

/// The numbers of a list such as `0-3,8`.
fn list(text: &str) -> Vec<u32> {
    let mut numbers = Vec::new();
    for range in text.trim().split(',').filter(|range| !range.is_empty()) {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        if let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) {
            numbers.extend(first..=last.min(first.saturating_add(1 << 16)));
        }
    }
    numbers
}

/// The part that all processors of this process belong to, named by its
/// processors; none when it may run on several, or when nothing is known.
pub fn restricted_to(part: Part) -> Option<String> {
    let allowed = allowed();
    let first = allowed.first()?;
    let cpu = format!("/sys/devices/system/cpu/cpu{first}");
    let read = |path: String| fs::read_to_string(path).ok();
    let members = match part {
        Part::Machine => return Some("machine".to_string()),
        Part::Package => read(format!("{cpu}/topology/package_cpus_list"))
            .or_else(|| read(format!("{cpu}/topology/core_siblings_list")))?,
        Part::Core => read(format!("{cpu}/topology/core_cpus_list"))
            .or_else(|| read(format!("{cpu}/topology/thread_siblings_list")))?,
        Part::Thread => first.to_string(),
        Part::L3Cache => cache(&cpu, "3")?,
        Part::L2Cache => cache(&cpu, "2")?,
        Part::L1Cache => cache(&cpu, "1")?,
        Part::NumaNode => {
            let nodes = fs::read_dir("/sys/devices/system/node").ok()?;
            nodes
                .filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("cpulist")).ok())
                .find(|members| list(members).contains(first))?
        }
    };
    let members = list(&members);
    allowed.iter().all(|cpu| members.contains(cpu)).then(|| format!("{members:?}"))
}

/// The processors that share a data cache of a level with this one.
fn cache(cpu: &str, level: &str) -> Option<String> {
    fs::read_dir(format!("{cpu}/cache")).ok()?.find_map(|entry| {
        let path = entry.ok()?.path();
        let read = |name: &str| fs::read_to_string(path.join(name)).ok();
        let holds_data = read("type")?.trim() != "Instruction";
        if read("level")?.trim() != level || !holds_data {
            return None;
        }
        read("shared_cpu_list")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors_are_read() {
        assert_eq!(list("0-2,5\n"), [0, 1, 2, 5]);
        assert_eq!(list(""), [] as [u32; 0]);
        assert_eq!(list("x,3"), [3]);
    }

    #[test]
    fn this_process_runs_somewhere() {
        assert!(!allowed().is_empty());
        assert!(restricted_to(Part::Machine).is_some());
        let alone = allowed().len() == 1;
        assert_eq!(restricted_to(Part::Thread).is_some(), alone);
    }
}
