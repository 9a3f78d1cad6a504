//! What the engines keep, asked past Watchkeeper.

mod mongodb;
mod postgres;
mod redis;

use crate::stack::{Engine, Stack};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use tokio::runtime::{Builder, Runtime};

/// Asks the engines themselves, each time over a connection of its own: they come and go.
pub(crate) struct Kept {
    tokio: Runtime,
    postgres: String,
    redis: String,
    mongodb: String,
    /// Where the mail server puts what nobody who has logged in sends.
    mails: PathBuf,
}

impl Kept {
    pub(crate) fn by(stack: &Stack) -> Self {
        let url = |engine| stack.url(engine).to_owned();
        Self {
            tokio: Builder::new_current_thread().enable_all().build().unwrap(),
            postgres: url(Engine::Postgres),
            redis: url(Engine::Redis),
            mongodb: url(Engine::Mongodb),
            mails: stack.dir(Engine::Smtp).join("mail/anyone"),
        }
    }

    /// How often each value of a source is stored, in PostgreSQL.
    pub(crate) fn stored(&self, source: &str) -> BTreeMap<u64, usize> {
        self.tokio.block_on(postgres::stored(&self.postgres, source))
    }

    /// How often each number of a service's events is stored, in PostgreSQL.
    pub(crate) fn stored_events(&self, service: &str) -> BTreeMap<u64, usize> {
        self.tokio.block_on(postgres::stored_events(&self.postgres, service))
    }

    /// The minutes, services and levels of which the count differs from the rows, in PostgreSQL, and how many there
    /// are in all.
    pub(crate) fn wrong_counts(&self) -> (Vec<String>, usize) {
        self.tokio.block_on(postgres::wrong_counts(&self.postgres))
    }

    /// The newest value of each series of a source, by key, in PostgreSQL.
    pub(crate) fn newest(&self, source: &str) -> BTreeMap<String, f64> {
        self.tokio.block_on(postgres::newest(&self.postgres, source))
    }

    /// The notifications there are, in PostgreSQL.
    pub(crate) fn notifications(&self) -> Vec<postgres::Notification> {
        self.tokio.block_on(postgres::notifications(&self.postgres))
    }

    /// The latest value of each series of a source, by key, in Redis.
    pub(crate) fn latest(&self, source: &str) -> BTreeMap<String, f64> {
        redis::latest(&self.redis, source)
    }

    /// The averages of the hours of a series, in MongoDB.
    pub(crate) fn hours(&self, key: &str) -> Vec<f64> {
        self.tokio.block_on(mongodb::hours(&self.mongodb, key))
    }

    /// The mails that the mail server has taken.
    pub(crate) fn mails(&self) -> Vec<String> {
        let Ok(entries) = self.mails.read_dir() else { return Vec::new() };
        let files = entries.map(|entry| entry.unwrap().path());
        let mails = files.filter(|file| file.extension().is_some_and(|extension| extension == "eml"));
        mails.map(|file| fs::read_to_string(file).unwrap()).collect()
    }
}
