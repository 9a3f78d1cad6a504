//! `include`: the files that the main file names.

use crate::document::{Document, MAX_FILE_BYTES};
use crate::error::ConfigErrors;
use crate::value;
use glob::{MatchOptions, Pattern};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};
use toml::de::DeValue;

/// The key, in the main file only.
pub(crate) const KEY: &str = "include";

/// Most included files.
pub const MAX_INCLUDED_FILES: usize = 500;
/// Longest included files together, in bytes.
pub const MAX_INCLUDED_BYTES: usize = 16 * 1024 * 1024;
/// Most patterns.
pub const MAX_INCLUDES: usize = 16;

/// Longest pattern, in bytes (`PATH_MAX` of Linux).
const MAX_PATTERN_BYTES: usize = 4096;

/// As in a shell: `*` matches neither `/` nor the dot of a hidden file.
const AS_IN_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// A file that is included, and its content.
#[derive(Debug)]
pub(crate) struct IncludedFile {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// Reads the files that match the patterns of `include` in `main`, the file at `path`: those of each pattern in order of
/// their names. A file that two patterns match is read once, and the main file not again.
pub(crate) fn read(main: &Document<'_>, path: &Path) -> Result<Vec<IncludedFile>, ConfigErrors> {
    let patterns = main.read_some(|root| root.take(KEY, patterns))?.unwrap_or_default();
    let mut files: Vec<IncludedFile> = Vec::new();
    let mut room = MAX_INCLUDED_BYTES;
    let mut seen: HashSet<PathBuf> = fs::canonicalize(path).into_iter().collect();
    for found in patterns.iter().flat_map(|pattern| matches(main.directory(), pattern)) {
        let file = found.map_err(|reason| main.refuse(KEY, reason))?;
        if !seen.insert(fs::canonicalize(&file).unwrap_or_else(|_| file.clone())) {
            continue;
        }
        if files.len() == MAX_INCLUDED_FILES {
            return Err(main.refuse(KEY, format!("matches more than {MAX_INCLUDED_FILES} files")));
        }
        let text = text(&file)
            .map_err(|error| main.refuse(KEY, format!("cannot read {}: {error}", file.display())))?;
        let Some(left) = room.checked_sub(text.len()) else {
            let reason = format!("the files have more than {MAX_INCLUDED_BYTES} bytes together");
            return Err(main.refuse(KEY, reason));
        };
        room = left;
        files.push(IncludedFile { path: file, text });
    }
    Ok(files)
}

/// The text of a file; reads only as much as needed to detect that it is too long.
pub(crate) fn text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.utf8_error()))
}

/// One text, or a list of texts.
fn patterns(found: &DeValue<'_>) -> Result<Vec<String>, String> {
    let texts = match found {
        DeValue::Array(_) => {
            let list = value::list(found, MAX_INCLUDES)?;
            list.iter().map(|item| value::text(item.get_ref(), MAX_PATTERN_BYTES)).collect()
        }
        _ => value::text(found, MAX_PATTERN_BYTES).map(|text| vec![text]),
    };
    let texts: Vec<&str> = texts?;
    for text in &texts {
        if text.contains("**") {
            return Err(format!("** is not supported: name each directory (is {text:?})"));
        }
        Pattern::new(text).map_err(|error| format!("is not a valid pattern: {error} (is {text:?})"))?;
    }
    Ok(texts.into_iter().map(str::to_owned).collect())
}

/// The files that match, in order of their names, or why a directory cannot be listed. A name without a wildcard must
/// exist.
fn matches(directory: &Path, pattern: &str) -> Vec<Result<PathBuf, String>> {
    let plain = directory.join(pattern);
    if Pattern::escape(pattern) == pattern {
        return vec![Ok(plain)];
    }
    // A directory that is misspelt would drop all its files without a word; an empty one may be meant.
    let is_plain =
        |part: &Component<'_>| part.as_os_str().to_str().is_some_and(|part| Pattern::escape(part) == part);
    let parent = Path::new(pattern).parent().unwrap_or(Path::new(""));
    let named = directory.join(parent.components().take_while(is_plain).collect::<PathBuf>());
    if !named.is_dir() {
        return vec![Err(format!("there is no directory {}", named.display()))];
    }
    let Some(directory) = directory.to_str() else {
        return vec![Err(format!("the directory {} is not UTF-8", directory.display()))];
    };
    let absolute = Path::new(&Pattern::escape(directory)).join(pattern);
    let found = glob::glob_with(&absolute.to_string_lossy(), AS_IN_A_SHELL);
    let paths = found.expect("parsed before").take(2 * MAX_INCLUDED_FILES);
    let files = paths.filter(|path| !path.as_ref().is_ok_and(|path| path.is_dir()));
    files
        .map(|path| {
            path.map_err(|error| format!("cannot read {}: {}", error.path().display(), error.error()))
        })
        .collect()
}
