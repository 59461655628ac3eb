//! `mpi-secure`, as an operator meets it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use mpisecure::sys::{host, policy_file::create_private};
use tempfile::TempDir;

/// Exit code, standard output, standard error.
fn mpi_secure(home: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_mpi-secure"))
        .args(arguments)
        .env_remove("MPI_SECURE_CONFIG")
        .env_remove("XDG_CONFIG_HOME")
        .env("HOME", home)
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn with_policy() -> (TempDir, PathBuf, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mpi-secure.toml");
    let (code, said, _) =
        mpi_secure(folder.path(), &["keygen", "--output", path.to_str().unwrap()]);
    assert_eq!(code, 0);
    (folder, path, said)
}

#[test]
fn keygen_writes_a_private_policy_that_check_approves() {
    let (folder, path, said) = with_policy();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    let (code, report, _) = mpi_secure(folder.path(), &["check", path.to_str().unwrap()]);
    assert_eq!(code, 0);
    for part in ["aes-256-gcm", "fingerprint", "digest", "4294967296", path.to_str().unwrap()] {
        assert!(report.contains(part), "{report}");
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let key = text.split('"').find(|part| part.len() == 64).expect("the key in hexadecimal");
    assert!(!report.contains(key) && !said.contains(key), "the key itself is never shown");
}

#[test]
fn keygen_never_overwrites() {
    let (folder, path, _) = with_policy();
    let before = std::fs::read(&path).unwrap();
    let (code, _, error) =
        mpi_secure(folder.path(), &["keygen", "--output", path.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(error.contains("never overwritten"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn keygen_takes_the_ciphers_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.toml");
    let keygen = |cipher| {
        let path = path.to_str().unwrap();
        mpi_secure(folder.path(), &["keygen", "--output", path, "--cipher", cipher])
    };
    let (code, _, error) = keygen("rot13");
    assert_eq!(code, 2);
    assert!(error.contains("chacha20-poly1305"), "{error}");
    assert_eq!(keygen("chacha20-poly1305").0, 0);
    assert!(std::fs::read_to_string(&path).unwrap().contains("cipher = \"chacha20-poly1305\""));
}

#[test]
fn check_has_a_message_of_its_own_for_each_fault() {
    let (folder, path, _) = with_policy();
    let check = |path: &Path| {
        let (code, _, error) = mpi_secure(folder.path(), &["check", path.to_str().unwrap()]);
        assert_eq!(code, 1, "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        error
    };
    let mode = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    mode(0o644);
    assert!(check(&path).contains("chmod 600"));
    mode(0o622);
    assert!(check(&path).contains("chmod go-w"));
    mode(0o600);
    let link = folder.path().join("link.toml");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(check(&link).contains("symbolic link"));
    assert!(check(&folder.path().join("absent.toml")).contains("no such file"));
    let sound = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, sound.replace("aes-256-gcm", "rot13")).unwrap();
    assert!(check(&path).contains("\"rot13\" is not possible; allowed: \"aes-256-gcm\""));
    std::fs::write(&path, sound.replace("cipher", "ciphre")).unwrap();
    assert!(check(&path).contains("no key `ciphre`"));
    if std::os::unix::fs::chown(&path, Some(12345), None).is_ok() {
        assert!(check(&path).contains("owned by user 12345"));
    }
}

#[test]
fn an_authority_certifies_a_host_and_takes_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let (ca_path, out_path) = (place("ca"), folder.path().to_owned());
    let (ca, out) = (ca_path.to_str().unwrap(), out_path.to_str().unwrap());
    let run = |words: &[&str]| mpi_secure(folder.path(), &[&["ca"][..], words].concat());
    let name = host::name();

    assert_eq!(run(&["init", "--dir", ca]).0, 0);
    let (code, _, error) = run(&["init", "--dir", ca]);
    assert!(code == 1 && error.contains("never overwritten"), "{error}");
    let (code, _, error) = run(&["issue", "--dir", ca, "--output", out, &name]);
    assert_eq!(code, 0, "{error}");
    let key = format!("{name}.key");
    for secret in ["ca/ca.key", &key] {
        let mode = std::fs::metadata(place(secret)).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600, "{secret}");
    }

    let policy = format!(
        "[identity]\ncertificate = \"{name}.crt\"\nprivate_key = \"{key}\"\n\
         trust = \"ca/ca.crt\"\nrevoked = \"ca/ca.crl\"\n"
    );
    create_private(&place("p.toml"), &policy).unwrap();
    let path = place("p.toml");
    let check = || mpi_secure(folder.path(), &["check", path.to_str().unwrap()]);
    let (code, said, error) = check();
    assert!(code == 0 && said.contains("revocation   checked"), "{said}{error}");
    let (_, shown, _) = run(&["show", "--dir", ca]);
    assert!(shown.contains("good") && shown.contains(&name), "{shown}");

    assert_eq!(run(&["revoke", "--dir", ca, &name]).0, 0);
    let (_, shown, _) = run(&["show", "--dir", ca]);
    assert!(shown.contains("revoked"), "{shown}");
    let (code, _, error) = check();
    assert!(code == 1 && error.contains("is revoked"), "{error}");
    let (code, _, error) = run(&["revoke", "--dir", ca, "nobody"]);
    assert!(code == 1 && error.contains("nothing was issued for nobody"), "{error}");
}

#[test]
fn what_is_no_report_and_no_capture_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    for (text, command, why) in [
        ("hello", "report", "is no report"),
        ("{}", "report", "it has no ranks"),
        ("hello, world, this is text", "verify", "neither pcap nor pcapng"),
    ] {
        std::fs::write(&path, text).unwrap();
        let (code, _, error) = mpi_secure(folder.path(), &[command, path.to_str().unwrap()]);
        assert!(code == 1 && error.contains(why), "{command}: {error}");
    }
}

#[test]
fn check_without_any_policy_says_where_it_looked() {
    if Path::new("/etc/mpi-secure/mpi-secure.toml").exists() {
        eprintln!("not run: this host has a site policy");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (code, _, error) = mpi_secure(folder.path(), &["check"]);
    assert_eq!(code, 1);
    assert!(error.contains(".config/mpi-secure/mpi-secure.toml"), "{error}");
    assert!(error.contains("mpi-secure keygen"), "{error}");
}
