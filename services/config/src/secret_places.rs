//! Where the file of a secret is looked for.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The variable in which systemd passes the directory of a unit's credentials (`systemd.exec(5)`).
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";
/// What the units' `LoadCredential=` puts, with an underscore, before the names of files in a directory: the secrets of
/// the unit's role, then those of all roles.
const UNIT_PREFIXES: [&str; 2] = ["role", "all"];
/// The directory beside the configuration file that has those directories.
const DIRECTORY: &str = "credentials";
/// The one among them that is for all roles.
const FOR_ALL: &str = "all";
/// Most of those directories.
const MAX_DIRECTORIES: usize = 128;

/// Where a secret that is named by a relative path may be.
#[derive(Clone, Debug)]
pub(crate) enum SecretPlaces {
    /// In the directory of a unit's credentials.
    Unit(PathBuf),
    /// In a directory of this one, the one with this name first; else beside the file that names the secret.
    Host { credentials: PathBuf, first: Option<String> },
}

impl SecretPlaces {
    /// For the configuration file in `directory`.
    pub(crate) fn of(directory: &Path) -> Self {
        match env::var_os(CREDENTIALS_DIRECTORY) {
            Some(credentials) => Self::Unit(credentials.into()),
            None => Self::Host { credentials: directory.join(DIRECTORY), first: None },
        }
    }

    /// Looks in the directory with this name first.
    pub(crate) fn prefer(&mut self, name: &str) {
        if let Self::Host { first, .. } = self {
            *first = Some(name.to_owned());
        }
    }

    /// The file of the secret that a file in `beside` names `path`.
    ///
    /// # Errors
    /// What was looked for, and where, if it is in none of the places.
    pub(crate) fn find(&self, path: &str, beside: &Path) -> Result<PathBuf, String> {
        if Path::new(path).is_absolute() {
            return Ok(path.into());
        }
        match self {
            Self::Unit(credentials) => find_of_unit(credentials, path),
            Self::Host { credentials, first } => find_on_host(credentials, first.as_deref(), path, beside),
        }
    }
}

fn find_of_unit(credentials: &Path, path: &str) -> Result<PathBuf, String> {
    // A file in a directory of a directory has both names before its own.
    let flat = path.replace('/', "_");
    let [role, all] = UNIT_PREFIXES.map(|prefix| format!("{prefix}_{flat}"));
    let places = [path, &role, &all].map(|name| credentials.join(name));
    first_of(places).map_err(|unreadable| {
        let shown = credentials.display();
        format!(
            "no credential {path}: there is no {path}, {role} or {all} in {shown}{unreadable}. A file that is added to a \
             directory in LoadCredential= of the unit is passed after a restart"
        )
    })
}

fn find_on_host(
    credentials: &Path,
    first: Option<&str>,
    path: &str,
    beside: &Path,
) -> Result<PathBuf, String> {
    let (directories, unlisted) = match directories(credentials, first) {
        Ok(directories) => (directories, String::new()),
        Err(reason) => (Vec::new(), format!("; {reason}")),
    };
    let places = directories.iter().map(|name| credentials.join(name)).chain([beside.to_owned()]);
    first_of(places.map(|directory| directory.join(path))).map_err(|unreadable| {
        let beside = if beside.as_os_str().is_empty() { Path::new(".") } else { beside };
        format!(
            "no file {path}: looked in {}/*/ and in {}{unreadable}{unlisted}",
            credentials.display(),
            beside.display()
        )
    })
}

/// The first that exists; else what is to be said of one that cannot be looked at.
fn first_of(places: impl IntoIterator<Item = PathBuf>) -> Result<PathBuf, String> {
    let mut unreadable = String::new();
    for place in places {
        match place.metadata() {
            Ok(_) => return Ok(place),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) if unreadable.is_empty() => {
                unreadable = format!("; cannot read {}: {error}", place.display());
            }
            Err(_) => {}
        }
    }
    Err(unreadable)
}

/// The names of the directories in `credentials`: `first`, then that of all roles, as for a unit; then the others.
fn directories(credentials: &Path, first: Option<&str>) -> Result<Vec<OsString>, String> {
    let shown = credentials.display();
    let entries = match fs::read_dir(credentials) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(format!("cannot list {shown}: {error}")),
    };
    let is_directory = |entry: &fs::DirEntry| entry.path().is_dir();
    let names = entries.filter_map(Result::ok).filter(is_directory).map(|entry| entry.file_name());
    let mut names: Vec<_> = names.take(MAX_DIRECTORIES + 1).collect();
    if names.len() > MAX_DIRECTORIES {
        return Err(format!("{shown} has more than {MAX_DIRECTORIES} directories"));
    }
    names.sort_by_key(|name| (first.is_none_or(|first| name != first), name != FOR_ALL, name.clone()));
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;
    use tempfile::TempDir;

    fn directory(files: &[&str]) -> TempDir {
        let directory = tempfile::tempdir().unwrap();
        for file in files {
            let path = directory.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "secret").unwrap();
        }
        directory
    }

    /// Where `path` is found on a host, within the directory of the configuration file.
    fn found(etc: &TempDir, first: Option<&str>, path: &str) -> Result<String, String> {
        let credentials = etc.path().join(DIRECTORY);
        let places = SecretPlaces::Host { credentials, first: first.map(str::to_owned) };
        let found = places.find(path, &etc.path().join("conf.d"))?;
        Ok(found.strip_prefix(etc.path()).unwrap().display().to_string())
    }

    #[test]
    fn a_credential_of_the_unit_is_found_by_its_name_that_of_its_role_and_that_of_all() {
        for (files, path, expected) in [
            (&["token", "role_token", "all_token"][..], "token", "token"),
            (&["role_token", "all_token"], "token", "role_token"),
            (&["role", "all", "all_token"], "token", "all_token"),
            (&["role_mail_password"], "mail/password", "role_mail_password"),
        ] {
            let unit = directory(files);
            let places = SecretPlaces::Unit(unit.path().to_owned());
            assert_eq!(places.find(path, Path::new("/etc")), Ok(unit.path().join(expected)), "{files:?}");
        }
    }

    #[test]
    fn a_credential_that_the_unit_lacks_is_named_with_all_that_was_looked_for() {
        let unit = directory(&["all_other"]);
        let error = SecretPlaces::Unit(unit.path().to_owned()).find("token", Path::new("/etc")).unwrap_err();
        let looked = format!("there is no token, role_token or all_token in {}", unit.path().display());
        assert!(error.contains(&looked) && error.ends_with("is passed after a restart"), "{error}");
    }

    #[test]
    fn without_a_unit_a_secret_is_found_in_the_directory_of_its_role_then_of_all_then_of_any_then_beside() {
        let all = ["credentials/all/token", "credentials/ingest/token", "credentials/api/token"];
        let etc = directory(&[&all[..], &["conf.d/token"]].concat());
        assert_eq!(found(&etc, Some("ingest"), "token").as_deref(), Ok("credentials/ingest/token"));
        assert_eq!(found(&etc, Some("cache"), "token").as_deref(), Ok("credentials/all/token"));
        assert_eq!(found(&etc, None, "token").as_deref(), Ok("credentials/all/token"));
        fs::remove_file(etc.path().join("credentials/all/token")).unwrap();
        assert_eq!(found(&etc, Some("cache"), "token").as_deref(), Ok("credentials/api/token"));
        fs::remove_dir_all(etc.path().join("credentials")).unwrap();
        assert_eq!(found(&etc, Some("ingest"), "token").as_deref(), Ok("conf.d/token"));
    }

    #[test]
    fn a_file_that_is_nowhere_is_named_with_the_places_where_it_was_looked_for() {
        let etc = directory(&["credentials/all/other"]);
        let (error, shown) = (found(&etc, None, "token").unwrap_err(), etc.path().display());
        assert_eq!(error, format!("no file token: looked in {shown}/credentials/*/ and in {shown}/conf.d"));
        assert_eq!(SecretPlaces::of(etc.path()).find("/absent", etc.path()), Ok("/absent".into()));
    }

    #[test]
    fn more_directories_than_are_looked_into_are_told() {
        let etc = tempfile::tempdir().unwrap();
        let make = |index| fs::create_dir_all(etc.path().join(format!("credentials/{index}"))).unwrap();
        (0..MAX_DIRECTORIES).for_each(make);
        assert!(!found(&etc, None, "token").unwrap_err().contains("directories"));
        make(MAX_DIRECTORIES);
        let error = found(&etc, None, "token").unwrap_err();
        assert!(error.ends_with("credentials has more than 128 directories"), "{error}");
    }

    #[test]
    fn a_directory_that_must_not_be_listed_is_told_but_hides_nothing_that_is_found() {
        let etc = directory(&["credentials/all/token", "conf.d/key"]);
        let set = |mode| {
            fs::set_permissions(etc.path().join("credentials"), Permissions::from_mode(mode)).unwrap();
        };
        set(0o000);
        let (key, token) = (found(&etc, None, "key"), found(&etc, None, "token"));
        set(0o700);
        assert_eq!(key.as_deref(), Ok("conf.d/key"));
        // Root may read everything.
        assert!(
            token.as_ref().is_ok_and(|path| path == "credentials/all/token")
                || token.as_ref().is_err_and(|error| error.contains("; cannot list /")),
            "{token:?}"
        );
    }
}
