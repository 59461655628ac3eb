//! `mpi-secure keygen` and `mpi-secure check`, as an operator meets them.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

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
