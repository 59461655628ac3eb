//! The PMI-1 server for the ranks of one host: a state machine that takes the
//! lines ranks send and says what to answer and what to ask the root. No
//! descriptors here. Gets are answered from this host's copy of the key-value
//! space, which every fence brings up to date.

use super::message::Phase;
use crate::pmi::fields::Fields;
use std::collections::{BTreeMap, HashMap};

/// What follows from a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Send this line to the rank that asked.
    Answer(String),
    /// All ranks here reached the fence: these puts go to the root, and
    /// [`Server::fenced`] brings its answer.
    Fence(Vec<(String, String)>),
    /// The root answers this one.
    Ask(String),
    Abort(i32),
    /// Nothing yet.
    Wait,
    /// The rank speaks no PMI: hang up.
    HangUp,
}

/// Bounds announced to the ranks; the same as Hydra's.
const NAME_MAX: usize = 256;
const KEY_MAX: usize = 64;
const VALUE_MAX: usize = 1024;

/// Pairs that one job may put: more than any MPI library uses per rank.
const PAIRS_PER_RANK_MAX: usize = 4096;

pub struct Server {
    job: String,
    size: u32,
    universe: i32,
    ranks: BTreeMap<u32, Rank>,
    values: HashMap<String, String>,
    unsent: Vec<(String, String)>,
}

struct Rank {
    app: u32,
    phase: Phase,
    waits: bool,
    /// Lines of a multi-line command (`mcmd=spawn`) are being skipped.
    in_spawn: bool,
}

impl Server {
    /// `ranks` are this host's, with the index of the command each runs.
    pub fn new(job: &str, size: u32, universe: i32, mapping: &str, ranks: &[(u32, u32)]) -> Server {
        let mut values = HashMap::new();
        // A launcher that says nothing is better than one that says half.
        if mapping.len() < VALUE_MAX {
            values.insert("PMI_process_mapping".to_string(), mapping.to_string());
        }
        let ranks = ranks
            .iter()
            .map(|(rank, app)| {
                let fresh = Rank { app: *app, phase: Phase::Fresh, waits: false, in_spawn: false };
                (*rank, fresh)
            })
            .collect();
        Server { job: job.to_string(), size, universe, ranks, values, unsent: Vec::new() }
    }

    pub fn phase(&self, rank: u32) -> Phase {
        self.ranks.get(&rank).map_or(Phase::Fresh, |state| state.phase)
    }

    /// A rank here that waits at the fence.
    pub fn waiting(&self) -> Option<u32> {
        self.ranks.iter().find(|(_, state)| state.waits).map(|(rank, _)| *rank)
    }

    pub fn line(&mut self, rank: u32, line: &str) -> Reaction {
        let fields = Fields::new(line);
        let Some(state) = self.ranks.get_mut(&rank) else { return Reaction::HangUp };
        if state.in_spawn || fields.value("mcmd") == Some("spawn") {
            state.in_spawn = line.trim_end() != "endcmd";
            return match state.in_spawn {
                true => Reaction::Wait,
                false => answer("cmd=spawn_result rc=-1 msg=spawn_is_not_supported_yet"),
            };
        }
        let named = |name: &str, max: usize| {
            fields.value(name).filter(|text| !text.is_empty() && text.len() < max)
        };
        match fields.command() {
            "init" => {
                // PMI-2 begins in the same form; a client that offers it falls
                // back to 1.1 when told so.
                let ours = fields.value("pmi_version") == Some("1");
                if ours {
                    state.phase = Phase::Initialized;
                }
                let code = if ours { 0 } else { -1 };
                answer(&format!("cmd=response_to_init pmi_version=1 pmi_subversion=1 rc={code}"))
            }
            "get_maxes" => answer(&format!(
                "cmd=maxes kvsname_max={NAME_MAX} keylen_max={KEY_MAX} vallen_max={VALUE_MAX}"
            )),
            "get_appnum" => answer(&format!("cmd=appnum appnum={}", state.app)),
            "get_universe_size" => answer(&format!("cmd=universe_size size={}", self.universe)),
            "get_my_kvsname" => answer(&format!("cmd=my_kvsname kvsname={}", self.job)),
            "put" => {
                let (Some(key), Some(value)) = (named("key", KEY_MAX + 1), fields.value("value"))
                else {
                    return answer("cmd=put_result rc=-1 msg=key_or_value_missing_or_too_long");
                };
                let pairs_max = PAIRS_PER_RANK_MAX * self.size as usize;
                if value.len() > VALUE_MAX || self.values.len() >= pairs_max {
                    return answer("cmd=put_result rc=-1 msg=value_too_long_or_too_many_values");
                }
                let pair = (key.to_string(), value.to_string());
                self.values.insert(pair.0.clone(), pair.1.clone());
                self.unsent.push(pair);
                answer("cmd=put_result rc=0 msg=success")
            }
            "get" => match named("key", KEY_MAX + 1).and_then(|key| self.values.get(key)) {
                Some(value) => answer(&format!("cmd=get_result rc=0 msg=success value={value}")),
                None => answer(&format!(
                    "cmd=get_result rc=-1 msg=key_{}_not_found value=unknown",
                    fields.value("key").unwrap_or("")
                )),
            },
            "barrier_in" => {
                state.waits = true;
                if self.ranks.values().all(|state| state.waits) {
                    return Reaction::Fence(std::mem::take(&mut self.unsent));
                }
                Reaction::Wait
            }
            "publish_name" | "lookup_name" | "unpublish_name" => Reaction::Ask(line.to_string()),
            "abort" => Reaction::Abort(fields.number("exitcode").unwrap_or(1)),
            "finalize" => {
                state.phase = Phase::Finalized;
                answer("cmd=finalize_ack rc=0")
            }
            "" => Reaction::HangUp,
            other => answer(&format!("cmd={other}_result rc=-1 msg=command_is_not_supported")),
        }
    }

    /// Everyone reached the fence: the lines for this host's ranks.
    pub fn fenced(&mut self, values: Vec<(String, String)>) -> Vec<(u32, String)> {
        self.values.extend(values);
        let mut lines = Vec::new();
        for (rank, state) in &mut self.ranks {
            if std::mem::take(&mut state.waits) {
                lines.push((*rank, "cmd=barrier_out rc=0\n".to_string()));
            }
        }
        lines
    }
}

fn answer(line: &str) -> Reaction {
    Reaction::Answer(format!("{line}\n"))
}

/// Names that ranks published, kept by the root.
#[derive(Default)]
pub struct Names(HashMap<String, String>);

impl Names {
    /// The line that answers a publish, lookup or unpublish.
    pub fn line(&mut self, line: &str) -> String {
        let fields = Fields::new(line);
        let service = fields.value("service").unwrap_or("").to_string();
        let (what, outcome) = match fields.command() {
            "publish_name" if self.0.contains_key(&service) || self.0.len() >= 65536 => {
                ("publish", Err("name_is_taken_or_too_many_names"))
            }
            "publish_name" => {
                self.0.insert(service, fields.value("port").unwrap_or("").to_string());
                ("publish", Ok(String::new()))
            }
            "unpublish_name" => match self.0.remove(&service) {
                Some(_) => ("unpublish", Ok(String::new())),
                None => ("unpublish", Err("service_not_found")),
            },
            _ => match self.0.get(&service) {
                Some(port) => ("lookup", Ok(format!("port={port} "))),
                None => ("lookup", Err("service_not_found")),
            },
        };
        match outcome {
            Ok(port) => format!("cmd={what}_result {port}info=ok rc=0 msg=success\n"),
            Err(why) => format!("cmd={what}_result info=fail rc=1 msg={why}\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Server {
        Server::new("kvs", 3, -1, "(vector,(0,1,3))", &[(0, 0), (2, 1)])
    }

    fn answered(reaction: Reaction) -> String {
        match reaction {
            Reaction::Answer(line) => line,
            other => panic!("{other:?} is no answer"),
        }
    }

    #[test]
    fn fence_waits_for_all_ranks_here_and_brings_the_puts_of_all() {
        let mut server = server();
        answered(server.line(0, "cmd=init pmi_version=1 pmi_subversion=1"));
        assert!(answered(server.line(0, "cmd=put kvsname=kvs key=a-0 value=x=")).contains("rc=0"));
        assert_eq!(server.line(0, "cmd=barrier_in"), Reaction::Wait);
        assert_eq!(server.waiting(), Some(0));
        let puts = vec![("a-0".to_string(), "x=".to_string())];
        assert_eq!(server.line(2, "cmd=barrier_in"), Reaction::Fence(puts));
        let lines = server.fenced(vec![("a-1".into(), "y".into())]);
        assert_eq!(lines.iter().map(|(rank, _)| *rank).collect::<Vec<_>>(), [0, 2]);
        assert!(answered(server.line(2, "cmd=get kvsname=kvs key=a-1")).contains("value=y\n"));
        assert!(answered(server.line(2, "cmd=get kvsname=kvs key=b")).contains("rc=-1"));
        assert_eq!(server.waiting(), None);
    }

    #[test]
    fn phase_follows_init_and_finalize() {
        let mut server = server();
        assert_eq!(server.phase(2), Phase::Fresh);
        let two = server.line(2, "cmd=init pmi_version=2 pmi_subversion=0");
        assert!(answered(two).contains("rc=-1"));
        assert_eq!(server.phase(2), Phase::Fresh);
        server.line(2, "cmd=init pmi_version=1 pmi_subversion=1");
        assert_eq!(server.phase(2), Phase::Initialized);
        assert!(answered(server.line(2, "cmd=get_appnum")).contains("appnum=1"));
        server.line(2, "cmd=finalize");
        assert_eq!(server.phase(2), Phase::Finalized);
    }

    #[test]
    fn oversized_and_unknown_lines_are_refused_not_obeyed() {
        let mut server = server();
        let key = "k".repeat(65);
        let value = "v".repeat(1025);
        assert!(answered(server.line(0, &format!("cmd=put key={key} value=v"))).contains("rc=-1"));
        assert!(
            answered(server.line(0, &format!("cmd=put key=k value={value}"))).contains("rc=-1")
        );
        assert!(answered(server.line(0, "cmd=dance")).contains("rc=-1"));
        assert_eq!(server.line(0, "GET / HTTP/1.1"), Reaction::HangUp);
        assert_eq!(server.line(9, "cmd=init pmi_version=1"), Reaction::HangUp);
        assert_eq!(server.line(0, "mcmd=spawn"), Reaction::Wait);
        assert_eq!(server.line(0, "nprocs=2"), Reaction::Wait);
        assert!(answered(server.line(0, "endcmd")).contains("not_supported_yet"));
    }

    #[test]
    fn names_are_published_looked_up_and_withdrawn() {
        let mut names = Names::default();
        assert!(names.line("cmd=lookup_name service=s").contains("rc=1"));
        assert!(names.line("cmd=publish_name service=s port=p!1").contains("rc=0"));
        assert!(names.line("cmd=publish_name service=s port=q").contains("rc=1"));
        assert!(names.line("cmd=lookup_name service=s").contains("port=p!1 "));
        assert!(names.line("cmd=unpublish_name service=s").contains("rc=0"));
        assert!(names.line("cmd=unpublish_name service=s").contains("rc=1"));
    }
}
