//! Runs the store's commands, each with a bounded wait for its answer.

use crate::answer::Written;
use crate::batch::first_of;
use crate::collections::Collection;
use crate::error::{broken, is_no_collection, port_error, unavailable};
use crate::options::MongoOptions;
use crate::pace::Pace;
use crate::race::until_settled;
use mongodb::Database;
use mongodb::bson::{Document, RawArrayBuf, RawDocument, RawDocumentBuf, doc, rawdoc};
use mongodb::options::FindOptions;
use std::collections::HashSet;
use std::error::Error;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, timeout};
use watchkeeper_ports::PortError;

/// Most documents in one batch of an answer; the rest is fetched.
const ANSWER_DOCUMENTS: u32 = 5_000;
/// Time limit for a write. An engine may continue a write whether or not anybody waits, and each write in
/// progress slows it down: so there is one at a time, and it is not abandoned while it may still be done.
const WRITE_WITHIN: Duration = Duration::from_secs(5 * 60);

/// Why a document cannot be read.
pub(crate) type Unreadable = Box<dyn Error + Send + Sync>;

/// A query for documents of a collection.
pub(crate) struct Find {
    pub(crate) collection: Collection,
    pub(crate) filter: Document,
    pub(crate) fields: Document,
    pub(crate) order: Document,
    /// Most documents; 0 is no limit.
    pub(crate) limit: usize,
}

/// What a command does with the documents that its statements match.
#[derive(Clone, Copy)]
enum Command {
    Update,
    Delete,
}

pub(crate) struct Server {
    database: Database,
    prefix: String,
    timeout: Duration,
    /// Held during a write.
    writing: Mutex<Pace>,
}

impl Server {
    pub(crate) fn new(options: &MongoOptions) -> Result<Self, PortError> {
        Ok(Self {
            database: options.database()?,
            prefix: options.prefix.clone(),
            // The server must first be found, and then answer.
            timeout: options.timeout * 2,
            writing: Mutex::new(Pace::new()),
        })
    }

    /// Time limit for an answer that is not one to a write.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Creates missing indexes, each with its own command: `FerretDB` 1.24 drops the connection when told to
    /// create several that exist.
    pub(crate) async fn ensure_indexes(&self) -> Result<(), PortError> {
        for collection in Collection::ALL {
            let indexes = collection.indexes();
            if indexes.is_empty() {
                continue;
            }
            let there = self.index_names(collection).await?;
            let is_there = |index: &Document| {
                index.get_str("name").is_ok_and(|name| there.iter().any(|there| there == name))
            };
            for index in indexes.into_iter().filter(|index| !is_there(index)) {
                let command = doc! { "createIndexes": self.name(collection), "indexes": [index] };
                self.write_answer(self.database.run_command(command)).await?;
            }
        }
        Ok(())
    }

    /// Drops an index if it exists.
    pub(crate) async fn drop_index(&self, collection: Collection, index: &str) -> Result<(), PortError> {
        if self.index_names(collection).await?.iter().any(|name| name == index) {
            let command = doc! { "dropIndexes": self.name(collection), "index": index };
            self.write_answer(self.database.run_command(command)).await?;
        }
        Ok(())
    }

    /// The names of the existing indexes.
    async fn index_names(&self, collection: Collection) -> Result<Vec<String>, PortError> {
        let indexes = self.database.collection::<Document>(&self.name(collection));
        self.answer(async {
            match indexes.list_index_names().await {
                Err(error) if is_no_collection(&error) => Ok(Vec::new()),
                names => names,
            }
        })
        .await
    }

    /// Passes the documents to `take`, one after the other.
    pub(crate) async fn find(
        &self,
        find: Find,
        mut take: impl FnMut(&RawDocument) -> Result<(), Unreadable>,
    ) -> Result<(), PortError> {
        let name = self.name(find.collection);
        let options = FindOptions::builder()
            .projection(find.fields)
            .sort(find.order)
            .limit(i64::try_from(find.limit).unwrap_or(i64::MAX))
            .batch_size(ANSWER_DOCUMENTS)
            .max_time(self.timeout)
            .build();
        let collection = self.database.collection::<RawDocumentBuf>(&name);
        let mut cursor = self.answer(collection.find(find.filter).with_options(options)).await?;
        while self.answer(cursor.advance()).await? {
            take(cursor.current())
                .map_err(|error| broken(format!("a document of {name} cannot be read: {error}")))?;
        }
        Ok(())
    }

    /// Runs an idempotent statement for each of `items`; passes the ids of inserted documents to `inserted`.
    /// One command has as many statements as the server does in a short time. Durable once it returns; after
    /// an error some may have been done.
    pub(crate) async fn write<T>(
        &self,
        collection: Collection,
        items: &[T],
        statement: impl Fn(&T) -> RawDocumentBuf,
        inserted: impl FnMut(HashSet<String>),
    ) -> Result<(), PortError> {
        self.run(Command::Update, collection, items, statement, inserted).await
    }

    /// The same with statements that delete.
    pub(crate) async fn delete_each<T>(
        &self,
        collection: Collection,
        items: &[T],
        statement: impl Fn(&T) -> RawDocumentBuf,
    ) -> Result<(), PortError> {
        self.run(Command::Delete, collection, items, statement, |_| {}).await
    }

    async fn run<T>(
        &self,
        command: Command,
        collection: Collection,
        items: &[T],
        statement: impl Fn(&T) -> RawDocumentBuf,
        mut inserted: impl FnMut(HashSet<String>),
    ) -> Result<(), PortError> {
        let mut rest = items;
        while !rest.is_empty() {
            let mut pace = self.turn().await?;
            let batch = first_of(rest.iter().map(&statement), pace.statements());
            let written = self.at_pace(&mut pace, command, collection, &batch).await?;
            inserted(written.inserted);
            rest = &rest[batch.len()..];
        }
        Ok(())
    }

    pub(crate) async fn write_one(
        &self,
        collection: Collection,
        statement: RawDocumentBuf,
    ) -> Result<Written, PortError> {
        let mut pace = self.turn().await?;
        self.at_pace(&mut pace, Command::Update, collection, &[statement]).await
    }

    /// Runs one command, and adapts the pace to it.
    async fn at_pace(
        &self,
        pace: &mut Pace,
        command: Command,
        collection: Collection,
        batch: &[RawDocumentBuf],
    ) -> Result<Written, PortError> {
        let begun = Instant::now();
        let written = until_settled(|| self.give(command, collection, batch)).await;
        match &written {
            Ok(_) => pace.answered(batch.len(), begun.elapsed()),
            Err(_) => pace.unanswered(batch.len()),
        }
        written
    }

    /// Waits for the turn to write.
    async fn turn(&self) -> Result<MutexGuard<'_, Pace>, PortError> {
        timeout(self.timeout, self.writing.lock()).await.map_err(|_| {
            unavailable(format!("the previous write is still in progress after {:?}", self.timeout))
        })
    }

    /// A raw command: the client's bulk write needs MongoDB 8, and its other writes cannot read an error
    /// without a code.
    async fn give(
        &self,
        command: Command,
        collection: Collection,
        statements: &[RawDocumentBuf],
    ) -> Result<Written, PortError> {
        let statements: RawArrayBuf = statements.iter().map(|statement| &**statement).collect();
        let command = match command {
            Command::Update => rawdoc! {
                "update": self.name(collection),
                "updates": statements,
                "ordered": false,
                "writeConcern": { "w": "majority", "j": true, "wtimeout": self.millis(2) },
                "maxTimeMS": self.millis(1),
            },
            // A lost delete is repeated when the document is found the next time.
            Command::Delete => rawdoc! {
                "delete": self.name(collection),
                "deletes": statements,
                "ordered": false,
                "maxTimeMS": self.millis(1),
            },
        };
        Written::read(self.write_answer(self.database.run_raw_command(command)).await?)
    }

    /// Deletes what the filter matches, which must be few; returns how many there were.
    pub(crate) async fn delete(&self, collection: Collection, filter: Document) -> Result<u64, PortError> {
        let _turn = self.turn().await?;
        let command = doc! {
            "delete": self.name(collection),
            "deletes": [{ "q": filter, "limit": 0 }],
            "maxTimeMS": self.millis(1),
        };
        let written = Written::read(self.write_answer(self.database.run_command(command)).await?)?;
        match written.refused {
            None => Ok(written.documents),
            Some(refused) => Err(refused.port_error()),
        }
    }

    fn name(&self, collection: Collection) -> String {
        format!("{}{}", self.prefix, collection.name())
    }

    /// The time for an answer, or a fraction of it: the limit for the server to work on a write, and for the
    /// members of a replica set to confirm it, so that it is the server that reports the timeout.
    fn millis(&self, part: u128) -> i64 {
        i64::try_from(self.timeout.as_millis() / part).unwrap_or(i64::MAX)
    }

    /// Waits for the client. If dropped, it closes its connection, which ends the operation on most servers
    /// too.
    async fn answer<T>(
        &self,
        doing: impl IntoFuture<Output = mongodb::error::Result<T>>,
    ) -> Result<T, PortError> {
        self.answer_within(self.timeout, doing).await
    }

    /// The same for writes, which may continue when nobody waits any more.
    async fn write_answer<T>(
        &self,
        doing: impl IntoFuture<Output = mongodb::error::Result<T>>,
    ) -> Result<T, PortError> {
        self.answer_within(WRITE_WITHIN, doing).await
    }

    async fn answer_within<T>(
        &self,
        time: Duration,
        doing: impl IntoFuture<Output = mongodb::error::Result<T>>,
    ) -> Result<T, PortError> {
        match timeout(time, doing.into_future()).await {
            Ok(answer) => answer.map_err(|error| port_error(&error)),
            Err(_) => Err(unavailable(format!("no answer within {time:?}"))),
        }
    }
}
