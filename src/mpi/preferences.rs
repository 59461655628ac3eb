//! Which algorithms of collectives the user forces: `[collectives]` of the
//! policy file, then `MPI_SECURE_COLL`. All ranks must choose alike, so what
//! rank 0 reads counts for the whole job.

use crate::coll::Settings;
use crate::pmi::Launcher;
use crate::secure::Policy;

/// Has the last word over the file: it weakens nothing.
const VARIABLE: &str = "MPI_SECURE_COLL";

/// Key of rank 0's choice in the wire-up.
const KEY: &str = "mpi-secure-coll";

/// Begins the value, since not every launcher takes empty ones.
const MARK: &str = "1:";

/// What this process would choose, as a list `collective=algorithm,...`.
pub fn own(policy: &Policy) -> Result<String, String> {
    let mut settings = Settings::default();
    let mut list = Vec::new();
    for preference in policy.preferences() {
        settings.force(&preference.name, &preference.value).map_err(|error| {
            let (path, line) = (preference.path.display(), preference.line);
            format!("{path}:{line}: [collectives] {error}; correct or remove it")
        })?;
        list.push(format!("{}={}", preference.name, preference.value));
    }
    if let Ok(text) = std::env::var(VARIABLE) {
        settings.force_all(&text).map_err(|error| format!("{VARIABLE}: {error}; correct it"))?;
        list.push(text);
    }
    Ok(list.join(","))
}

/// Before the fence of the start: rank 0 says what it chose.
pub(super) fn publish(launcher: &Launcher, own: &str) -> Result<(), String> {
    if launcher.job().rank > 0 {
        return Ok(());
    }
    launcher.put(KEY, format!("{MARK}{own}").as_bytes()).map_err(|error| error.to_string())
}

/// After it: what counts for all.
pub(super) fn agree(launcher: &Launcher, own: String) -> Result<Settings, String> {
    let text = match launcher.job().rank {
        0 => own,
        _ => {
            let bytes = launcher.get(0, KEY).map_err(|error| error.to_string())?;
            String::from_utf8_lossy(&bytes).trim_start_matches(MARK).to_string()
        }
    };
    let mut settings = Settings::default();
    settings.force_all(&text).map_err(|error| format!("rank 0 chose an algorithm: {error}"))?;
    Ok(settings)
}
