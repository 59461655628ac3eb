//! Encryption that one would bolt on: WireGuard in user space and stunnel, between
//! two hosts of their own, and the bare sockets that are measured beside them.
//!
//! Hosts of their own, because a stock library takes every interface that it finds:
//! the tunnel's would mix into the runs in plaintext.

use super::competitor::{Through, Waiting};
use super::scene::{LIMIT, Scene};
use super::stock::Stock;
use crate::hosts::{Host, Hosts};
use crate::packages;
use crate::process::{self, Outcome};
use crate::programs;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const INTERFACE: &str = "wg0";
const MTU: &str = "1420";
const WIREGUARD_PORT: &str = "51820";
const SOCKET_PORT: &str = "7600";
/// Where the tunnel listens in host b, and what enters it in host a.
const TLS_PORT: &str = "7643";
const ENTRY_PORT: &str = "7601";

pub struct Tunnels {
    hosts: Hosts,
    /// WireGuard's daemons, stunnel's, and the sockets' server.
    daemons: Vec<Child>,
    program: PathBuf,
}

impl Tunnels {
    /// Two hosts with both kinds of tunnel, and a server of `bench/socket.c` in host b.
    pub fn up(root: &Path) -> Result<Tunnels> {
        packages::install("wireguard-go", "wireguard-go")?;
        packages::install("wg", "wireguard-tools")?;
        packages::install("stunnel4", "stunnel4")?;
        packages::install("openssl", "openssl")?;
        let program =
            programs::compile_with(&root.join("bench/socket.c"), Path::new("cc"), "plain")?;
        let hosts = Hosts::up()?;
        ensure!(hosts.are_namespaces(), "tunnels need namespaces, and they need root");
        let mut tunnels = Tunnels { hosts, daemons: Vec::new(), program };
        tunnels.lay_wireguard()?;
        tunnels.lay_tls()?;
        let program = tunnels.program.display().to_string();
        tunnels.start(Host::B, &[&program, "listen", "0.0.0.0", SOCKET_PORT])?;
        tunnels.wait_for_port(Host::B, SOCKET_PORT)?;
        tunnels.wait_for_port(Host::B, TLS_PORT)?;
        // The handshakes of both, before anything is measured.
        for (address, port) in [("10.78.0.2", SOCKET_PORT), ("127.0.0.1", ENTRY_PORT)] {
            tunnels.must(Host::A, &[&program, "block", address, port, "0.001", "8"])?;
        }
        Ok(tunnels)
    }

    /// A scene under a stock library, all of whose data has to pass the tunnel.
    pub fn run_wireguard(
        &self,
        stock: &Stock,
        scene: &Scene,
        arguments: &[String],
        program: &Path,
    ) -> Result<Outcome> {
        let before = self.tunnelled()?;
        let more = [("UCX_NET_DEVICES", INTERFACE)];
        let mut command = stock.command(&self.hosts, scene, arguments, &more, program)?;
        let outcome = process::run(&mut command, Duration::from_secs(LIMIT))?;
        self.hosts.sweep();
        let passed = self.tunnelled()? - before;
        // A single PingPong of the largest message is more than that.
        ensure!(
            !outcome.success() || passed > 1 << 20,
            "only {passed} bytes passed {INTERFACE}: what was measured was not the tunnel"
        );
        Ok(outcome)
    }

    /// `bench/socket.c` to its server in host b.
    pub fn run_socket(
        &self,
        waiting: Waiting,
        through: Through,
        seconds: &str,
        sizes: &str,
    ) -> Result<Outcome> {
        let (address, port) = match through {
            Through::Nothing => (self.hosts.address(Host::B), SOCKET_PORT),
            Through::Stunnel => ("127.0.0.1", ENTRY_PORT),
        };
        let waiting = match waiting {
            Waiting::Spin => "spin",
            Waiting::Block => "block",
        };
        let mut command = self.hosts.command(Host::A, &self.program);
        command.args([waiting, address, port, seconds, sizes]);
        process::run(&mut command, Duration::from_secs(LIMIT))
    }

    fn lay_wireguard(&mut self) -> Result<()> {
        let folder = self.hosts.directory().to_owned();
        let mut public = Vec::new();
        for (host, name) in [(Host::A, "a"), (Host::B, "b")] {
            // The hosts share the file system, and the daemon's socket is called after
            // the interface: a folder of its own for each.
            self.must(host, &["mkdir", "-p", "/run/wireguard"])?;
            self.must(host, &["mount", "-t", "tmpfs", "tmpfs", "/run/wireguard"])?;
            let key = self.must(host, &["wg", "genkey"])?;
            let path = folder.join(format!("wireguard-{name}"));
            fs::write(&path, &key)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            let pipe = format!("wg pubkey < {}", path.display());
            public.push(self.must(host, &["sh", "-c", &pipe])?.trim().to_owned());
            self.start(host, &["wireguard-go", "-f", INTERFACE])?;
        }
        for (host, own, other) in [(Host::A, 1, Host::B), (Host::B, 2, Host::A)] {
            self.wait_until("wireguard-go's interface", |tunnels| {
                tunnels.must(host, &["wg", "show", INTERFACE]).is_ok()
            })?;
            let key = folder.join(if own == 1 { "wireguard-a" } else { "wireguard-b" });
            let endpoint = format!("{}:{WIREGUARD_PORT}", self.hosts.address(other));
            self.must(
                host,
                &[
                    "wg",
                    "set",
                    INTERFACE,
                    "listen-port",
                    WIREGUARD_PORT,
                    "private-key",
                    &key.display().to_string(),
                    "peer",
                    &public[2 - own],
                    "endpoint",
                    &endpoint,
                    "allowed-ips",
                    "10.78.0.0/24",
                ],
            )?;
            let address = format!("10.78.0.{own}/24");
            self.must(host, &["ip", "address", "add", &address, "dev", INTERFACE])?;
            self.must(host, &["ip", "link", "set", INTERFACE, "mtu", MTU, "up"])?;
        }
        Ok(())
    }

    fn lay_tls(&mut self) -> Result<()> {
        let folder = self.hosts.directory().to_owned();
        let (key, certificate) = (folder.join("tls.key"), folder.join("tls.crt"));
        self.must(
            Host::B,
            &[
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=bench",
                "-keyout",
                &key.display().to_string(),
                "-out",
                &certificate.display().to_string(),
            ],
        )?;
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
        let common = "foreground = yes\npid =\nsocket = l:TCP_NODELAY=1\n\
                      socket = r:TCP_NODELAY=1\nsslVersion = TLSv1.3\n\
                      ciphersuites = TLS_AES_256_GCM_SHA384\n";
        let server = format!(
            "{common}[bench]\naccept = 0.0.0.0:{TLS_PORT}\nconnect = 127.0.0.1:{SOCKET_PORT}\n\
             key = {}\ncert = {}\n",
            key.display(),
            certificate.display()
        );
        let client = format!(
            "{common}[bench]\nclient = yes\naccept = 127.0.0.1:{ENTRY_PORT}\n\
             connect = {}:{TLS_PORT}\n",
            self.hosts.address(Host::B)
        );
        for (host, name, text) in [(Host::B, "server", server), (Host::A, "client", client)] {
            let path = folder.join(format!("stunnel-{name}.conf"));
            fs::write(&path, text)?;
            self.start(host, &["stunnel4", &path.display().to_string()])?;
        }
        Ok(())
    }

    /// Starts what stays until the hosts go.
    fn start(&mut self, host: Host, words: &[&str]) -> Result<()> {
        let log = self.hosts.directory().join(format!("daemon-{}.log", self.daemons.len()));
        let file = fs::File::create(log)?;
        let child = self
            .hosts
            .command(host, words[0])
            .args(&words[1..])
            .env("WG_PROCESS_FOREGROUND", "1")
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot run {}", words[0]))?;
        self.hosts.spare(child.id());
        self.daemons.push(child);
        Ok(())
    }

    fn must(&self, host: Host, words: &[&str]) -> Result<String> {
        let mut command: Command = self.hosts.command(host, words[0]);
        command.args(&words[1..]);
        let outcome = process::run(&mut command, Duration::from_secs(20))?;
        ensure!(outcome.success(), "`{}` failed: {}", words.join(" "), outcome.explain());
        Ok(outcome.stdout)
    }

    fn wait_for_port(&self, host: Host, port: &str) -> Result<()> {
        let port: u16 = port.parse().expect("a constant");
        self.wait_until(&format!("somebody on port {port}"), |tunnels| {
            tunnels.hosts.listening_ports(host).contains(&port)
        })
    }

    fn wait_until(&self, what: &str, holds: impl Fn(&Tunnels) -> bool) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !holds(self) {
            ensure!(Instant::now() < deadline, "no {what} within 10 s: {}", self.logs());
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The last words of every daemon.
    fn logs(&self) -> String {
        let log = |number| self.hosts.directory().join(format!("daemon-{number}.log"));
        let texts = (0..self.daemons.len()).map(|number| {
            fs::read_to_string(log(number)).unwrap_or_default().trim().replace('\n', "; ")
        });
        texts.collect::<Vec<_>>().join(" | ")
    }

    /// The bytes that host a has sent through WireGuard.
    fn tunnelled(&self) -> Result<u64> {
        let path = format!("/sys/class/net/{INTERFACE}/statistics/tx_bytes");
        let text = self.must(Host::A, &["cat", &path])?;
        text.trim().parse().with_context(|| format!("{path}: {text}"))
    }
}

impl Drop for Tunnels {
    fn drop(&mut self) {
        for daemon in &mut self.daemons {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}
