//! Opens files that decide over security, in a way nobody can interfere with:
//! each directory on the way and the file itself are judged on the descriptor
//! that is then used, and links are followed only where they can be trusted.
//!
//! A file is acceptable when it is a regular file, owned by this user or by
//! root, and writable by nobody else; a directory when it is owned by this
//! user or by root, and either writable by nobody else or sticky (as `/tmp`
//! is: there others can add files, but not replace ours). A symbolic link is
//! never followed to the file itself; among the directories, one is followed
//! when root or this user made it. Whether a file may be *read* by others
//! depends on what is in it: see [`LockedFile::is_readable_by_others`].

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat, readlinkat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat};
use nix::unistd::geteuid;
use zeroize::Zeroizing;

/// Longest file we read.
const FILE_LEN_MAX: usize = 64 << 10;

/// Symbolic links followed on the way, as the kernel's own limit.
const LINKS_MAX: usize = 40;

/// A file that passed, with its content.
pub struct LockedFile {
    pub path: PathBuf,
    pub text: Zeroizing<String>,
    /// Permission bits, as `chmod` takes them.
    pub mode: u32,
}

impl LockedFile {
    /// True when somebody beside the owner may read the file.
    pub fn is_readable_by_others(&self) -> bool {
        self.mode & 0o077 != 0
    }
}

/// Why a file was not opened. `Display` names the remedy.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    #[error("there is no such file")]
    Absent,
    #[error("it is a symbolic link, which somebody could point elsewhere; name the file itself")]
    SymbolicLink,
    #[error("it is not a regular file; name the policy file itself")]
    NotRegular,
    #[error(
        "it is owned by user {owner}, not by you (user {me}) or root; run \
         `chown {me} {}`, or make a file of your own", path.display()
    )]
    Owner { path: PathBuf, owner: u32, me: u32 },
    #[error(
        "others can write to it (mode {mode:04o}), so its content cannot be trusted; check it, \
         then run `chmod go-w {}`", path.display()
    )]
    Writable { path: PathBuf, mode: u32 },
    #[error(
        "the directory {} is owned by user {owner}, who could replace the file; move the file \
         into a directory of yours", path.display()
    )]
    DirectoryOwner { path: PathBuf, owner: u32 },
    #[error(
        "others can write to the directory {} (mode {mode:04o}) and replace the file; run \
         `chmod go-w {}`", path.display(), path.display()
    )]
    DirectoryWritable { path: PathBuf, mode: u32 },
    #[error(
        "the symbolic link {} on the way is owned by user {owner}; name the file by a path of \
         yours", path.display()
    )]
    LinkOwner { path: PathBuf, owner: u32 },
    #[error("it is longer than {FILE_LEN_MAX} bytes; no policy is")]
    TooLong,
    #[error("it is not UTF-8 text")]
    NotText,
    #[error("it cannot be opened ({0})")]
    System(std::io::Error),
}

impl From<Errno> for FileFault {
    fn from(errno: Errno) -> FileFault {
        match errno {
            Errno::ENOENT => FileFault::Absent,
            Errno::ELOOP => FileFault::SymbolicLink,
            errno => FileFault::System(errno.into()),
        }
    }
}

/// Opens `path` if it can be trusted, and reads it.
pub fn read_locked(path: &Path) -> Result<LockedFile, FileFault> {
    read_locked_as(path, geteuid().as_raw())
}

/// Opens a shared library that a policy names, if it can be trusted, and reads it.
/// Load it by its descriptor.
pub fn read_module(path: &Path) -> Result<(OwnedFd, Vec<u8>), FileFault> {
    let (file, _, _) = open_judged(path, geteuid().as_raw())?;
    let mut bytes = Vec::new();
    let mut reader = File::from(file.try_clone().map_err(FileFault::System)?);
    reader.read_to_end(&mut bytes).map_err(FileFault::System)?;
    Ok((file, bytes))
}

/// Creates `path` with `text`, mode 0600, and fails where anything is already.
pub fn create_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// [`read_locked`] for a user given by number: the tests are others, too.
fn read_locked_as(path: &Path, me: u32) -> Result<LockedFile, FileFault> {
    let (file, path, mode) = open_judged(path, me)?;
    Ok(LockedFile { path, text: read_text(file)?, mode })
}

/// The file, its absolute path and its mode.
fn open_judged(path: &Path, me: u32) -> Result<(OwnedFd, PathBuf, u32), FileFault> {
    let absolute = std::path::absolute(path).map_err(FileFault::System)?;
    let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        return Err(FileFault::NotRegular);
    };
    let directory = open_directory(parent, me)?;
    // A FIFO must not make us wait for its writer: O_NONBLOCK.
    let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
    let file = openat(&directory, name, flags, Mode::empty())?;
    let stat = fstat(&file)?;
    if kind(&stat) != SFlag::S_IFREG {
        return Err(FileFault::NotRegular);
    }
    let path = absolute.clone();
    let mode = stat.st_mode & 0o7777;
    if stat.st_uid != me && stat.st_uid != 0 {
        return Err(FileFault::Owner { path, owner: stat.st_uid, me });
    }
    if mode & 0o022 != 0 {
        return Err(FileFault::Writable { path, mode });
    }
    Ok((file, path, mode))
}

/// Reads without ever moving the text, so that no copy of a secret stays.
fn read_text(file: OwnedFd) -> Result<Zeroizing<String>, FileFault> {
    let mut bytes = Zeroizing::new(vec![0; FILE_LEN_MAX + 1]);
    let mut file = File::from(file);
    let mut len = 0;
    loop {
        match file.read(&mut bytes[len..]) {
            Ok(0) => break,
            Ok(more) => len += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(FileFault::System(error)),
        }
        if len > FILE_LEN_MAX {
            return Err(FileFault::TooLong);
        }
    }
    let text = std::str::from_utf8(&bytes[..len]).map_err(|_| FileFault::NotText)?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Walks to a directory from the root, one name at a time, judging each.
fn open_directory(path: &Path, me: u32) -> Result<OwnedFd, FileFault> {
    let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let root = || nix::fcntl::open("/", flags, Mode::empty());
    let mut directory = root()?;
    let mut at = PathBuf::from("/");
    judge_directory(&fstat(&directory)?, &at, me)?;
    let mut names: VecDeque<OsString> = names_of(path).collect();
    let mut links = 0;
    while let Some(name) = names.pop_front() {
        let next = openat(&directory, name.as_os_str(), flags, Mode::empty())?;
        let stat = fstat(&next)?;
        let here = at.join(&name);
        if kind(&stat) != SFlag::S_IFLNK {
            judge_directory(&stat, &here, me)?;
            directory = next;
            at = here;
            continue;
        }
        links += 1;
        if stat.st_uid != me && stat.st_uid != 0 {
            return Err(FileFault::LinkOwner { path: here, owner: stat.st_uid });
        }
        if links > LINKS_MAX {
            return Err(FileFault::System(Errno::ELOOP.into()));
        }
        let target = PathBuf::from(readlinkat(&next, "")?);
        if target.is_absolute() {
            directory = root()?;
            at = PathBuf::from("/");
        }
        for name in names_of(&target).collect::<Vec<_>>().into_iter().rev() {
            names.push_front(name);
        }
    }
    Ok(directory)
}

/// The names of a path, `..` included: the walk looks at that directory, too.
fn names_of(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

fn judge_directory(stat: &FileStat, path: &Path, me: u32) -> Result<(), FileFault> {
    if kind(stat) != SFlag::S_IFDIR {
        return Err(FileFault::System(Errno::ENOTDIR.into()));
    }
    if stat.st_uid != me && stat.st_uid != 0 {
        return Err(FileFault::DirectoryOwner { path: path.to_owned(), owner: stat.st_uid });
    }
    let mode = stat.st_mode & 0o7777;
    let is_sticky = mode & 0o1000 != 0;
    if mode & 0o022 != 0 && !is_sticky {
        return Err(FileFault::DirectoryWritable { path: path.to_owned(), mode });
    }
    Ok(())
}

fn kind(stat: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use tempfile::TempDir;

    fn folder() -> TempDir {
        tempfile::tempdir().expect("a temporary directory")
    }

    fn file_of_mode(folder: &TempDir, mode: u32) -> PathBuf {
        let path = folder.path().join("mpi-secure.toml");
        std::fs::write(&path, "text").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        path
    }

    fn fault(path: &Path) -> FileFault {
        read_locked(path).err().expect("the file is refused")
    }

    #[test]
    fn a_file_of_our_own_in_a_sticky_directory_is_read() {
        let folder = folder();
        let path = file_of_mode(&folder, 0o600);
        let file = read_locked(&path).unwrap();
        assert_eq!((file.text.as_str(), file.is_readable_by_others()), ("text", false));
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        assert!(read_locked(&path).unwrap().is_readable_by_others());
    }

    #[test]
    fn an_absent_file_is_absent() {
        let folder = folder();
        assert!(matches!(fault(&folder.path().join("no")), FileFault::Absent));
        assert!(matches!(fault(&folder.path().join("no/no")), FileFault::Absent));
    }

    #[test]
    fn a_symbolic_link_to_the_file_is_refused() {
        let folder = folder();
        let link = folder.path().join("link.toml");
        symlink(file_of_mode(&folder, 0o600), &link).unwrap();
        assert!(matches!(fault(&link), FileFault::SymbolicLink));
    }

    #[test]
    fn a_symbolic_link_of_ours_among_the_directories_is_followed() {
        let folder = folder();
        file_of_mode(&folder, 0o600);
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        symlink("..", folder.path().join("sub/up")).unwrap();
        symlink(folder.path(), folder.path().join("sub/absolute")).unwrap();
        for way in ["sub/up", "sub/absolute", "sub/.."] {
            assert!(read_locked(&folder.path().join(way).join("mpi-secure.toml")).is_ok());
        }
    }

    #[test]
    fn links_in_a_circle_end() {
        let folder = folder();
        symlink("circle", folder.path().join("circle")).unwrap();
        assert!(matches!(fault(&folder.path().join("circle/file")), FileFault::System(_)));
    }

    #[test]
    fn directories_and_pipes_are_refused_at_once() {
        let folder = folder();
        assert!(matches!(fault(folder.path()), FileFault::NotRegular));
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, Mode::from_bits_truncate(0o600)).unwrap();
        assert!(matches!(fault(&pipe), FileFault::NotRegular));
    }

    #[test]
    fn a_file_that_others_can_write_is_refused_with_its_mode() {
        let folder = folder();
        for mode in [0o620, 0o602, 0o666] {
            let message = fault(&file_of_mode(&folder, mode)).to_string();
            assert!(message.contains(&format!("{mode:04o}")), "{message}");
            assert!(message.contains("chmod go-w"), "{message}");
        }
    }

    #[test]
    fn a_directory_that_others_can_write_is_refused_unless_sticky() {
        let folder = folder();
        let path = file_of_mode(&folder, 0o600);
        let inner = folder.path();
        std::fs::set_permissions(inner, PermissionsExt::from_mode(0o777)).unwrap();
        assert!(matches!(fault(&path), FileFault::DirectoryWritable { mode: 0o777, .. }));
        std::fs::set_permissions(inner, PermissionsExt::from_mode(0o1777)).unwrap();
        assert!(read_locked(&path).is_ok());
    }

    #[test]
    fn a_file_of_another_user_is_refused() {
        let folder = folder();
        let path = file_of_mode(&folder, 0o600);
        let me = geteuid().as_raw();
        let refused = match read_locked_as(&path, me + 1) {
            Err(FileFault::Owner { .. } | FileFault::DirectoryOwner { .. }) => true,
            Err(other) => panic!("{other}"),
            Ok(_) => false,
        };
        assert_eq!(refused, me != 0, "root's files are trusted by all, others by their owner");
    }

    #[test]
    fn root_refuses_what_belongs_to_a_user() {
        if !geteuid().is_root() {
            eprintln!("not run: only root can give a file away");
            return;
        }
        let folder = folder();
        let path = file_of_mode(&folder, 0o600);
        std::os::unix::fs::chown(&path, Some(12345), None).unwrap();
        assert!(matches!(fault(&path), FileFault::Owner { owner: 12345, me: 0, .. }));
        std::os::unix::fs::chown(folder.path(), Some(12345), None).unwrap();
        assert!(matches!(fault(&path), FileFault::DirectoryOwner { owner: 12345, .. }));
    }

    #[test]
    fn what_is_too_long_or_no_text_is_refused() {
        let folder = folder();
        let path = file_of_mode(&folder, 0o600);
        std::fs::write(&path, vec![b'a'; FILE_LEN_MAX]).unwrap();
        assert!(read_locked(&path).is_ok());
        std::fs::write(&path, vec![b'a'; FILE_LEN_MAX + 1]).unwrap();
        assert!(matches!(fault(&path), FileFault::TooLong));
        std::fs::write(&path, [0xff]).unwrap();
        assert!(matches!(fault(&path), FileFault::NotText));
    }

    #[test]
    fn a_created_file_is_private_and_never_replaces_another() {
        let folder = folder();
        let path = folder.path().join("new.toml");
        create_private(&path, "secret").unwrap();
        assert!(!read_locked(&path).unwrap().is_readable_by_others());
        let error = create_private(&path, "other").unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "secret");
    }
}
