//! The services of the previous platform, as far as others see them.

use crate::patience::wait_for;
use crate::stack::{Engine, Stack};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, NoTls};
use watchkeeper_domain::Timestamp;
use watchkeeper_wire::proto::{api, cache};

/// The table of their persister.
const TABLE: &str = "
    CREATE TABLE metrics (
        id BIGSERIAL PRIMARY KEY,
        source VARCHAR(255) NOT NULL,
        name VARCHAR(255) NOT NULL,
        value DOUBLE PRECISION NOT NULL,
        labels JSONB,
        collected_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
    )";
/// An old value of each hour of a day, with labels that are not there, and one that was published from the cache.
const ROWS: &str = r#"
    INSERT INTO metrics (source, name, value, labels, collected_at)
        SELECT 'GitHub', 'stargazers_count', 70 + hour, '{"repository": "golang/go"}', now() - hour * interval '1 hour'
        FROM generate_series(3, 26) hour;
    INSERT INTO metrics (source, name, value, labels, collected_at) VALUES
        ('Other', 'without_labels', 7, 'null', now() - interval '3 hours'),
        ('GitHub', 'stargazers_count', 73, '{"repository": "golang/go", "cached": "true"}', now() - interval '2 hours')"#;
/// What their api and the panels of their dashboards ask.
const NEWEST: &str = "SELECT value, labels::text FROM metrics WHERE source = $1 AND name = $2
    ORDER BY collected_at DESC LIMIT 1000";

/// Their services, on the engines of a stack.
pub(crate) struct Before {
    tokio: Runtime,
    producer: ThreadedProducer<DefaultProducerContext>,
    postgres: String,
    /// On which partition the next record lies.
    partition: i32,
}

impl Before {
    pub(crate) fn on(stack: &Stack) -> Self {
        let brokers = stack.url(Engine::Kafka).trim_start_matches("kafka://").to_owned();
        Self {
            tokio: Builder::new_current_thread().enable_all().build().unwrap(),
            producer: ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap(),
            postgres: stack.url(Engine::Postgres).to_owned(),
            partition: 0,
        }
    }

    /// What their persister has stored.
    pub(crate) fn fill_table(&self) {
        self.tokio.block_on(async {
            let client = connect(&self.postgres).await;
            client.batch_execute(TABLE).await.unwrap();
            client.batch_execute(ROWS).await.unwrap();
        });
    }

    /// What their api and their dashboards would read, when they are shown our schema: values and labels, the newest
    /// first.
    pub(crate) fn read_by_sql(&self, source: &str, name: &str) -> Vec<(f64, String)> {
        self.tokio.block_on(async {
            let client = connect(&self.postgres).await;
            client.batch_execute("SET search_path = watchkeeper, public").await.unwrap();
            let rows = client.query(NEWEST, &[&source, &name]).await.unwrap();
            rows.iter().map(|row| (row.get(0), row.get(1))).collect()
        })
    }

    /// Publishes as their collector does: without a key, so that the records of a series lie anywhere.
    pub(crate) fn publish(
        &mut self,
        source: &str,
        name: &str,
        value: f64,
        labels: &BTreeMap<String, String>,
    ) {
        const PARTITIONS: i32 = 4;
        let record = serde_json::json!({
            "ID": 0, "Source": source, "Name": name, "Value": value, "Labels": labels,
            "CollectedAt": Timestamp::now().to_string(),
        });
        let record = record.to_string();
        let record = BaseRecord::<(), str>::to("metrics").partition(self.partition).payload(&record);
        self.producer.send(record).map_err(|(error, _)| error).unwrap();
        self.producer.flush(Duration::from_secs(60)).unwrap();
        self.partition = (self.partition + 1) % PARTITIONS;
    }

    /// One round of their collector: what the cache at `cache` has is published again, else `polled` is. Whether it
    /// polled.
    pub(crate) fn collect(&mut self, cache: &str, source: &str, name: &str, polled: f64) -> bool {
        let cached = self.tokio.block_on(async {
            let mut client =
                cache::cache_service_client::CacheServiceClient::connect(cache.to_owned()).await.unwrap();
            let request = cache::GetMetricRequest { source: source.into(), name: name.into() };
            client.get_metric(request).await.unwrap().into_inner().metric
        });
        let labels = BTreeMap::from([("repository".to_owned(), "golang/go".to_owned())]);
        let Some(metric) = cached else {
            self.publish(source, name, polled, &labels);
            return true;
        };
        let mut labels: BTreeMap<_, _> = metric.labels.into_iter().collect();
        labels.insert("cached".to_owned(), "true".to_owned());
        self.publish(&metric.source, &metric.name, metric.value, &labels);
        false
    }

    /// What their analytics gets from the api at `api`: values, the newest first.
    pub(crate) fn ask_api(&self, api: &str, source: &str, name: &str) -> Vec<f64> {
        let request = || api::GetMetricsRequest { source: source.into(), name: name.into(), limit: 60 };
        wait_for("the api", || {
            self.tokio.block_on(async {
                let client = api::metrics_service_client::MetricsServiceClient::connect(api.to_owned()).await;
                let mut client = client.map_err(|error| error.to_string())?;
                let answer = client.get_metrics(request()).await.map_err(|error| error.to_string())?;
                Ok(answer.into_inner().metrics.iter().map(|metric| metric.value).collect())
            })
        })
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
