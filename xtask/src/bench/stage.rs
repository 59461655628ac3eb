//! Where competitors run: the hosts, the policies of ours, what had to be installed.

use super::Record;
use super::competitor::{COMPETITORS, Competitor, Means};
use super::scene::{Figure, LIMIT, Scene};
use super::tunnel::Tunnels;
use crate::hosts::Hosts;
use crate::job::{Abi, Job, Launcher, Library};
use crate::process::{self, Outcome};
use crate::products::Products;
use crate::programs;
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

/// What was wrong with a run.
#[derive(Debug)]
pub struct Complaint {
    pub text: String,
    /// It came after the last result: the figures are all there.
    pub is_late: bool,
}

pub struct Stage {
    pub hosts: Hosts,
    products: Products,
    /// With a scene that needs them.
    tunnels: Option<Tunnels>,
}

impl Stage {
    /// Makes all ready for those who are wanted and take part in one of the scenes.
    /// Who cannot be made ready is named in the record and left out.
    pub fn set_up(
        products: Products,
        scenes: &[&'static Scene],
        wanted: impl Fn(&Competitor) -> bool,
        record: &mut Record,
    ) -> Result<Stage> {
        let hosts = Hosts::up()?;
        let mut stage = Stage { hosts, products, tunnels: None };
        for who in COMPETITORS.iter().filter(|who| wanted(who)) {
            let Some(scene) = scenes.iter().find(|scene| scene.field.admits(who.role)) else {
                continue;
            };
            match stage.make_ready(who) {
                Ok(()) => {
                    record.present.push(who);
                    record.descriptions.insert(who.name, who.describe());
                }
                Err(error) => {
                    let text = format!("cannot be made ready: {error:#}");
                    println!("{}: {text}", who.name);
                    let complaint = Complaint { text, is_late: false };
                    record.complaints.insert((scene.key, who.name), vec![complaint]);
                }
            }
        }
        Ok(stage)
    }

    fn make_ready(&mut self, who: &Competitor) -> Result<()> {
        match who.means {
            Means::Ours { .. } => self.policy(who).map(drop),
            Means::Stock(stock) => stock.install(),
            Means::WireGuard(_) | Means::Socket { .. } => {
                if self.tunnels.is_none() {
                    self.tunnels = Some(Tunnels::up(&self.products.root)?);
                }
                Ok(())
            }
        }
    }

    /// One run: the figures that it printed, and what was wrong with it.
    pub fn perform(
        &self,
        scene: &Scene,
        who: &Competitor,
        quick: bool,
    ) -> (Vec<(Figure, f64)>, Option<Complaint>) {
        let outcome = match self.launch(scene, who, quick) {
            Ok(outcome) => outcome,
            Err(error) => {
                return (
                    Vec::new(),
                    Some(Complaint { text: format!("{error:#}"), is_late: false }),
                );
            }
        };
        let complain = |is_late| Some(Complaint { text: outcome.explain(), is_late });
        if scene.program == "startup" {
            let wall = (Figure::wall(), outcome.elapsed.as_secs_f64() * 1e6);
            return if outcome.success() {
                (vec![wall], None)
            } else {
                (Vec::new(), complain(false))
            };
        }
        let figures: Vec<_> = outcome.stdout.lines().filter_map(Figure::read).collect();
        let is_done = !figures.is_empty() && outcome.stdout.lines().any(|line| line == "done");
        let complaint = if is_done && outcome.success() { None } else { complain(is_done) };
        (figures, complaint)
    }

    fn launch(&self, scene: &Scene, who: &Competitor, quick: bool) -> Result<Outcome> {
        let source = self.products.root.join("bench").join(scene.program).with_extension("c");
        let arguments = scene.arguments(quick);
        match who.means {
            Means::Ours { .. } => {
                let program = programs::compile(&source, Abi::Mpich, None)?;
                Job::new(Launcher::Mpiexec, Library::Preloaded, scene.ranks, program)
                    .spread(scene.spread)
                    .arguments(arguments)
                    .variable("MPI_SECURE_CONFIG", self.policy(who)?)
                    .limit(LIMIT)
                    .run(&self.hosts, Some(&self.products))
            }
            Means::Stock(stock) => {
                let program = stock.compile(&source)?;
                let mut command = stock.command(&self.hosts, scene, &arguments, &[], &program)?;
                let mut outcome = process::run(&mut command, Duration::from_secs(LIMIT))?;
                let swept = self.hosts.sweep();
                if outcome.status.is_none() {
                    outcome.hung.extend(swept);
                }
                Ok(outcome)
            }
            Means::WireGuard(stock) => {
                let program = stock.compile(&source)?;
                self.tunnels()?.run_wireguard(stock, scene, &arguments, &program)
            }
            Means::Socket { waiting, through } => {
                let sizes = scene.sizes("PingPong").context("bare sockets take sizes")?;
                self.tunnels()?.run_socket(waiting, through, &arguments[0], sizes)
            }
        }
    }

    fn tunnels(&self) -> Result<&Tunnels> {
        match &self.tunnels {
            Some(tunnels) => Ok(tunnels),
            None => bail!("there are no tunnels"),
        }
    }

    /// The policy file of one of ours, with the key of this run.
    fn policy(&self, who: &Competitor) -> Result<PathBuf> {
        let Means::Ours { policy } = who.means else { bail!("{} has no policy", who.name) };
        let name = who.name.replace([' ', ','], "-");
        let path = self.products.work().join(format!("bench-{name}.toml"));
        if path.exists() {
            return Ok(path);
        }
        let generated = fs::read_to_string(self.products.policy())?;
        let key = generated.lines().find(|line| line.starts_with("hex")).context("no key")?;
        fs::write(&path, format!("{policy}[key]\n{key}\n"))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        Ok(path)
    }
}
