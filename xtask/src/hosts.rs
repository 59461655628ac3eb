//! Two hosts on one machine: a pair of namespaces joined by a cable.
//!
//! Each host has its own network, host name, System V IPC, mounts, `/dev/shm`,
//! `/sys` and `/etc/hosts`; processes and files are shared, as on a cluster with
//! a network file system. The cable is a veth pair of MTU 1500, `eth0` at both
//! ends, so all that passes between the hosts can be seen on it.
//!
//! A host lives as long as its *holder*, a shell that waits for the end of its
//! standard input. However this process ends, the kernel closes that pipe; the
//! holder then kills whatever still runs in its host and goes, and namespaces,
//! cable and addresses vanish with it. Nothing has a name outside the hosts, so
//! any number of runs can coexist.
//!
//! Namespaces need root. Without it both hosts are the loopback interface, which
//! shows that programs work but not that two hosts are kept apart; whoever uses
//! [`Hosts`] says so (see [`Hosts::describe`]).

use crate::process;
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One of the two hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    A,
    B,
}

/// The cable's state, see [`Hosts::set_cable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cable {
    Plugged,
    Unplugged,
}

/// The interface that joins a host to the other one.
pub const INTERFACE: &str = "eth0";

pub struct Hosts {
    ends: [End; 2],
    directory: PathBuf,
    /// Processes of ours in the hosts that [`Hosts::sweep`] leaves alone.
    spared: Mutex<Vec<u32>>,
}

struct End {
    name: String,
    address: String,
    /// None on loopback.
    holder: Option<Child>,
}

impl Hosts {
    /// Brings two hosts up, or the loopback stand-in when not root.
    pub fn up() -> Result<Hosts> {
        let run = std::process::id();
        // Several sets may live in one process (tests), hence the counter.
        static COUNTER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = COUNTER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        // Nobody else's, whatever lies in /tmp: root runs the script in it.
        let directory = tempfile::Builder::new().prefix("mpi-secure-hosts-").tempdir()?.keep();

        if !nix::unistd::geteuid().is_root() {
            let ends =
                [("localhost", "127.0.0.1"), ("127.0.0.2", "127.0.0.2")].map(|(name, address)| {
                    End { name: name.into(), address: address.into(), holder: None }
                });
            let hosts = Hosts { ends, directory, spared: Mutex::default() };
            hosts.write_sshlike()?;
            return Ok(hosts);
        }

        let subnet = (run + number) % 254 + 1;
        let mut ends = [("a", 1), ("b", 2)].map(|(letter, last)| End {
            name: format!("host{letter}-{run}"),
            address: format!("10.77.{subnet}.{last}"),
            holder: None,
        });
        let mut table = String::from("127.0.0.1 localhost\n::1 localhost\n");
        for end in &ends {
            table += &format!("{} {}\n", end.address, end.name);
        }
        fs::write(directory.join("hosts"), table)?;
        for end in &mut ends {
            end.holder = Some(start_holder(&end.name, &directory)?);
        }
        let hosts = Hosts { ends, directory, spared: Mutex::default() };
        hosts.lay_cable()?;
        hosts.write_sshlike()?;
        Ok(hosts)
    }

    pub fn name(&self, host: Host) -> &str {
        &self.end(host).name
    }

    pub fn address(&self, host: Host) -> &str {
        &self.end(host).address
    }

    /// `a:N,b:N`, as launchers take it.
    pub fn list(&self, ranks_per_host: usize) -> String {
        format!("{}:{ranks_per_host},{}:{ranks_per_host}", self.name(Host::A), self.name(Host::B))
    }

    /// A script that is called like ssh (`SCRIPT [options] HOST COMMAND...`) and
    /// runs the command inside the host, with a login's bare environment.
    pub fn sshlike(&self) -> PathBuf {
        self.directory.join("sshlike")
    }

    /// A directory of this run, removed with the hosts.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    pub fn are_namespaces(&self) -> bool {
        self.ends[0].holder.is_some()
    }

    /// One line for the reader of a report.
    pub fn describe(&self) -> String {
        if self.are_namespaces() {
            format!(
                "two hosts: {} ({}) and {} ({}), network namespaces joined by a veth pair",
                self.ends[0].name, self.ends[0].address, self.ends[1].name, self.ends[1].address
            )
        } else {
            "not root, so no namespaces: both hosts are the loopback interface of this one".into()
        }
    }

    /// A command that will run inside the host, in this process's working
    /// directory and environment.
    pub fn command(&self, host: Host, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = match self.pid(host) {
            Some(pid) => {
                let mut command = Command::new("nsenter");
                command.args(["-t", &pid.to_string(), "-m", "-u", "-n", "-i"]);
                // Entering a mount namespace moves to its root directory.
                command.args(["--", "env", "-C"]);
                command.arg(std::env::current_dir().unwrap_or_else(|_| "/".into())).arg(program);
                command
            }
            None => Command::new(program),
        };
        command
            .env("HOST_A", self.name(Host::A))
            .env("HOST_B", self.name(Host::B))
            .env("ADDRESS_A", self.address(Host::A))
            .env("ADDRESS_B", self.address(Host::B))
            .env("SSHLIKE", self.sshlike());
        command
    }

    /// Pulls the cable at host b's end, or plugs it in again.
    pub fn set_cable(&self, cable: Cable) -> Result<()> {
        ensure!(self.are_namespaces(), "the cable needs namespaces, and they need root");
        let state = if cable == Cable::Plugged { "up" } else { "down" };
        self.must(Host::B, &["ip", "link", "set", INTERFACE, state])?;
        if cable == Cable::Unplugged {
            return Ok(());
        }
        self.wait_for_carrier()?;
        // The kernel remembers for a while that nobody answered.
        for host in [Host::A, Host::B] {
            self.must(host, &["ip", "neigh", "flush", "dev", INTERFACE])?;
        }
        Ok(())
    }

    /// TCP ports that processes of the host listen on, beyond its loopback.
    pub fn listening_ports(&self, host: Host) -> Vec<u16> {
        const LISTEN: &str = "0A";
        let Some(pid) = self.pid(host) else { return Vec::new() };
        let mut ports = Vec::new();
        for table in ["tcp", "tcp6"] {
            let text = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
            for line in text.lines().skip(1) {
                let mut words = line.split_whitespace().skip(1);
                let (Some(local), Some(state)) = (words.next(), words.nth(1)) else { continue };
                let Some((address, port)) = local.rsplit_once(':') else { continue };
                if state == LISTEN && address != "0100007F" {
                    ports.extend(u16::from_str_radix(port, 16));
                }
            }
        }
        ports
    }

    /// Keeps a process of ours from being swept.
    pub fn spare(&self, pid: u32) {
        self.spared.lock().unwrap_or_else(PoisonError::into_inner).push(pid);
    }

    /// Kills whatever runs in the two hosts, and says what it was. For the end
    /// of a test: a program that survives its launcher is worth a line.
    pub fn sweep(&self) -> Vec<String> {
        let mut swept = Vec::new();
        for host in [Host::A, Host::B] {
            let Some(holder) = self.pid(host) else { continue };
            let spared = self.spared.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let others = process::sharing_network_with(holder).into_iter();
            for pid in others.filter(|pid| !spared.contains(pid)) {
                swept.push(format!("{}: {}", self.name(host), process::describe(pid)));
                process::kill(pid);
            }
        }
        swept
    }

    fn end(&self, host: Host) -> &End {
        &self.ends[host as usize]
    }

    fn pid(&self, host: Host) -> Option<u32> {
        self.end(host).holder.as_ref().map(Child::id)
    }

    fn must(&self, host: Host, words: &[&str]) -> Result<()> {
        let mut command = self.command(host, words[0]);
        command.args(&words[1..]);
        let outcome = process::run(&mut command, Duration::from_secs(10))?;
        ensure!(
            outcome.success(),
            "`{}` in {} failed: {}",
            words.join(" "),
            self.name(host),
            outcome.stderr
        );
        Ok(())
    }

    fn lay_cable(&self) -> Result<()> {
        let (Some(_), Some(b)) = (self.pid(Host::A), self.pid(Host::B)) else {
            bail!("a cable needs two namespaces")
        };
        let b = b.to_string();
        self.must(
            Host::A,
            &[
                "ip", "link", "add", INTERFACE, "mtu", "1500", "type", "veth", "peer", "name",
                INTERFACE, "mtu", "1500", "netns", &b,
            ],
        )
        .context("no veth pair (is the kernel module veth there?)")?;
        for host in [Host::A, Host::B] {
            self.must(
                host,
                &["ip", "address", "add", &format!("{}/24", self.address(host)), "dev", INTERFACE],
            )?;
            self.must(host, &["ip", "link", "set", INTERFACE, "up"])?;
            self.must(host, &["ip", "link", "set", "lo", "up"])?;
        }
        self.wait_for_carrier()
    }

    /// The kernel tells of a new carrier up to a second late, and UCX takes no
    /// interface without one.
    fn wait_for_carrier(&self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(10);
        for host in [Host::A, Host::B] {
            let Some(pid) = self.pid(host) else { continue };
            let state =
                PathBuf::from(format!("/proc/{pid}/root/sys/class/net/{INTERFACE}/operstate"));
            while fs::read_to_string(&state).unwrap_or_default().trim() != "up" {
                ensure!(
                    Instant::now() < deadline,
                    "{INTERFACE} of {} did not come up in 10 s",
                    self.name(host)
                );
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        Ok(())
    }

    fn write_sshlike(&self) -> Result<()> {
        let mut cases = String::new();
        for host in [Host::A, Host::B] {
            let enter = match self.pid(host) {
                Some(pid) => format!("nsenter -t {pid} -m -u -n -i --"),
                None => String::new(),
            };
            cases +=
                &format!("    {}|{}) enter='{enter}' ;;\n", self.name(host), self.address(host));
        }
        let script = SSHLIKE.replace("@CASES@", cases.trim_end());
        let path = self.sshlike();
        fs::write(&path, script)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        Ok(())
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for end in &mut self.ends {
            if let Some(holder) = &mut end.holder {
                drop(holder.stdin.take());
                let _ = holder.wait();
            }
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Like sshd, it joins the words and gives them to a shell in the home
/// directory, and passes no environment on: a launcher that forgets to is found.
const SSHLIKE: &str = r#"#!/bin/sh
# Called like ssh: sshlike [options] HOST COMMAND...
while [ $# -gt 0 ]; do
    case "$1" in
    -[BbcDEeFIiJLlmOopQRSWw]) shift 2 ;;
    -*) shift ;;
    *) break ;;
    esac
done
host=${1#*@}
[ $# -gt 0 ] && shift
case "$host" in
@CASES@
    *) echo "sshlike: unknown host '$host'" >&2; exit 255 ;;
esac
exec $enter env -i HOME="$HOME" PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
    USER="$(id -un)" LOGNAME="$(id -un)" SHELL=/bin/sh \
    /bin/sh -c "cd; $*"
"#;

/// The host's first process. UCX looks for its devices in `/sys/class/net`,
/// which shows the network of whoever mounted it: hence a mount of our own.
const HOLDER: &str = r#"
trap '' HUP INT TERM QUIT
hostname "$1" &&
mount -t tmpfs -o mode=1777 tmpfs /dev/shm &&
mount -t sysfs sysfs /sys &&
mount --bind "$2/hosts" /etc/hosts || exit 1
echo ready
read -r end
mine=$(readlink /proc/self/ns/net)
for round in 1 2 3; do
    for process in /proc/[0-9]*; do
        pid=${process#/proc/}
        [ "$pid" = $$ ] && continue
        [ "$(readlink "$process/ns/net" 2>/dev/null)" = "$mine" ] && kill -9 "$pid" 2>/dev/null
    done
done
rm -rf "$2"
"#;

fn start_holder(name: &str, directory: &Path) -> Result<Child> {
    let mut holder = Command::new("unshare")
        .args(["--net", "--uts", "--ipc", "--mount", "--propagation", "private", "--"])
        .args(["/bin/sh", "-c", HOLDER, "holder", name])
        .arg(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // A group of its own: the terminal's Ctrl-C is not for the holder.
        .process_group(0)
        .spawn()
        .context("cannot start `unshare` (Debian package util-linux)")?;
    let mut line = String::new();
    BufReader::new(holder.stdout.take().expect("stdout was piped")).read_line(&mut line)?;
    if line.trim() != "ready" {
        let _ = holder.wait();
        bail!("no namespaces for {name}: see the messages above; they need root and CAP_SYS_ADMIN");
    }
    Ok(holder)
}

/// `cargo xtask hosts -- COMMAND`.
pub fn run_with_hosts(outside: bool, words: &[String]) -> Result<ExitCode> {
    let hosts = Hosts::up()?;
    eprintln!("xtask: {}", hosts.describe());
    let mut command = if outside {
        // Same variables, no entering.
        let inside = hosts.command(Host::A, &words[0]);
        let mut command = Command::new(&words[0]);
        command.envs(inside.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    } else {
        hosts.command(Host::A, &words[0])
    };
    let status =
        command.args(&words[1..]).status().with_context(|| format!("cannot run `{}`", words[0]))?;
    for left in hosts.sweep() {
        eprintln!("xtask: killed a process that was left in a host: {left}");
    }
    Ok(ExitCode::from(process::exit_code(status)))
}
