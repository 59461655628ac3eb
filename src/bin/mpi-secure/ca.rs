//! `mpi-secure ca`: the files of a small certificate authority.
//!
//! A directory holds `ca.crt` and `ca.key` (mode 0600), `ca.crl`, the list of
//! what is revoked, and in `issued/` every host's certificate by name and
//! serial number, so that it can be shown and revoked later. Keys of hosts are
//! written once, where the operator wants them, and kept nowhere else.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Subcommand;
use data_encoding::HEXLOWER_PERMISSIVE as HEX;
use mpisecure::secure::authority::{
    Authority, AuthorityError, Issued, Period, Revoked, parse_revocation_list,
};
use mpisecure::secure::identity::{Facts, date};
use mpisecure::sys::policy_file::{create_private, read_locked};

const DAY: u64 = 86_400;

/// Clocks of hosts may differ by this much.
const EARLIER: u64 = 600;

#[derive(Subcommand)]
pub enum Command {
    /// Make an authority: a key, a certificate, an empty revocation list
    Init {
        /// Its directory, which is made
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// Its name in certificates
        #[arg(long, default_value = "mpi-secure cluster")]
        name: String,
        /// How long it lives
        #[arg(long, value_name = "DAYS", default_value_t = 3650)]
        days: u64,
    },
    /// Make a key and a certificate for a host
    Issue {
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// The host's name, as `hostname` says it there
        host: String,
        /// More names of the same host
        #[arg(long = "also", value_name = "NAME")]
        also: Vec<String>,
        /// How long the certificate is good
        #[arg(long, value_name = "DAYS", default_value_t = 365)]
        days: u64,
        /// Where HOST.crt and HOST.key go
        #[arg(long, value_name = "DIR", default_value = ".")]
        output: PathBuf,
    },
    /// Put a host's certificates, or one by its serial number, on the list
    Revoke {
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// A host's name or a serial number
        which: String,
    },
    /// Show what was issued, what is revoked, and what has expired
    Show {
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
    },
}

pub fn run(command: Command) -> Result<(), String> {
    match command {
        Command::Init { dir, name, days } => init(&dir, &name, days),
        Command::Issue { dir, host, also, days, output } => {
            issue(&dir, &host, &also, days, &output)
        }
        Command::Revoke { dir, which } => revoke(&dir, &which),
        Command::Show { dir } => show(&dir),
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

fn period(days: u64) -> Result<Period, String> {
    if !(1..=36_500).contains(&days) {
        return Err(format!("--days {days} is outside 1..=36500"));
    }
    Ok(Period { from: now() - EARLIER, until: now() + days * DAY })
}

fn words(error: AuthorityError) -> String {
    error.to_string()
}

fn init(dir: &Path, name: &str, days: u64) -> Result<(), String> {
    let shown = dir.display();
    if dir.join("ca.key").exists() {
        return Err(format!("{shown} has an authority already, and its key is never overwritten"));
    }
    let (authority, issued) = Authority::create(name, period(days)?).map_err(words)?;
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(dir.join("issued")).map_err(|error| format!("cannot make {shown}: {error}"))?;
    write_private(&dir.join("ca.key"), &issued.private_key)?;
    write(&dir.join("ca.crt"), &issued.certificate)?;
    write_list(dir, &authority, &[])?;
    println!(
        "Made the authority \"{name}\" in {shown}, good until {}.",
        date(authority.expires_at())
    );
    println!();
    println!("Next:");
    println!("  keep {shown}/ca.key off the cluster: who has it is every host");
    println!("  for each host:      mpi-secure ca issue --dir {shown} HOST");
    println!("  give to all hosts:  {shown}/ca.crt and {shown}/ca.crl");
    Ok(())
}

fn open(dir: &Path) -> Result<Authority, String> {
    let certificate = read(&dir.join("ca.crt"))?;
    let path = dir.join("ca.key");
    let key = read_locked(&path).map_err(|fault| format!("{}: {fault}", path.display()))?;
    if key.is_readable_by_others() {
        let path = path.display();
        return Err(format!("{path} can be read by others; run `chmod 600 {path}`"));
    }
    Authority::from_pem(&certificate, &key.text).map_err(words)
}

fn issue(dir: &Path, host: &str, also: &[String], days: u64, output: &Path) -> Result<(), String> {
    let authority = open(dir)?;
    let names: Vec<&str> = [host].into_iter().chain(also.iter().map(String::as_str)).collect();
    let mut period = period(days)?;
    period.until = period.until.min(authority.expires_at());
    let Issued { certificate, private_key, serial } =
        authority.issue(&names, period).map_err(words)?;
    let (key_path, path) = (output.join(format!("{host}.key")), output.join(format!("{host}.crt")));
    write_private(&key_path, &private_key)?;
    write(&path, &certificate)?;
    write(&dir.join("issued").join(format!("{host}-{serial}.crt")), &certificate)?;
    println!("Wrote {} and {} (mode 0600).", path.display(), key_path.display());
    println!("  for {}, serial {serial}, until {}", names.join(", "), date(period.until));
    println!();
    println!("Next: copy both to {host}, and name them in its mpi-secure.toml:");
    println!("  [identity]");
    println!("  certificate = \"{host}.crt\"");
    println!("  private_key = \"{host}.key\"");
    println!("  trust = \"ca.crt\"");
    println!("  revoked = \"ca.crl\"");
    Ok(())
}

/// What was issued: the file's stem and what the certificate says.
fn issued(dir: &Path) -> Result<Vec<Facts>, String> {
    let folder = dir.join("issued");
    let shown = folder.display().to_string();
    let entries = fs::read_dir(&folder).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let mut facts = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| format!("cannot read {shown}: {error}"))?.path();
        if path.extension().is_some_and(|extension| extension == "crt") {
            let certificate = Facts::from_pem(&read(&path)?);
            facts.push(certificate.map_err(|why| format!("{}: {why}", path.display()))?);
        }
    }
    facts.sort_by(|a, b| (&a.names, a.not_after).cmp(&(&b.names, b.not_after)));
    Ok(facts)
}

fn listed(dir: &Path) -> Result<Vec<Revoked>, String> {
    let path = dir.join("ca.crl");
    parse_revocation_list(&read(&path)?).map_err(|error| format!("{}: {error}", path.display()))
}

fn revoke(dir: &Path, which: &str) -> Result<(), String> {
    let authority = open(dir)?;
    let mut list = listed(dir)?;
    let known = issued(dir)?;
    let wanted = known.iter().filter(|facts| facts.serial == which || facts.is_for(which));
    let mut count = 0;
    for facts in wanted {
        let serial = HEX.decode(facts.serial.as_bytes()).map_err(|error| error.to_string())?;
        if list.iter().all(|revoked| revoked.serial != serial) {
            list.push(Revoked { serial, at: now() });
            println!("Revoked {facts}.");
            count += 1;
        }
    }
    if count == 0 {
        return Err(format!(
            "nothing was issued for {which} that is not revoked already; `mpi-secure ca show \
             --dir {}` lists what was",
            dir.display()
        ));
    }
    write_list(dir, &authority, &list)?;
    println!(
        "Give {} to all hosts: it takes effect with the next job.",
        dir.join("ca.crl").display()
    );
    Ok(())
}

fn show(dir: &Path) -> Result<(), String> {
    let list = listed(dir)?;
    println!("{:34}  {:20}  {:8}  host", "serial", "until", "state");
    for facts in issued(dir)? {
        let revoked =
            list.iter().any(|one| data_encoding::HEXLOWER.encode(&one.serial) == facts.serial);
        let state = match revoked {
            true => "revoked",
            false if facts.not_after < now() => "expired",
            false => "good",
        };
        let names = facts.names.join(", ");
        println!("{:34}  {:20}  {state:8}  {names}", facts.serial, date(facts.not_after));
    }
    Ok(())
}

/// The list is good as long as the authority: who wants hosts to notice a list
/// that is kept from them has to make new ones.
fn write_list(dir: &Path, authority: &Authority, list: &[Revoked]) -> Result<(), String> {
    let period = Period { from: now() - EARLIER, until: authority.expires_at() };
    let pem = authority.revocation_list(now(), list, period).map_err(words)?;
    write(&dir.join("ca.crl"), &pem)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Writable by the owner alone whatever the umask: a policy takes no file that
/// others could change.
fn write(path: &Path, text: &str) -> Result<(), String> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o644);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn write_private(path: &Path, text: &str) -> Result<(), String> {
    create_private(path, text).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            format!("{} exists, and a key is never overwritten; remove it first", path.display())
        }
        _ => format!("cannot write {}: {error}", path.display()),
    })
}
