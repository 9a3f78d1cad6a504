//! Whatever lies on the topics.

use crate::stage::Stage;
use watchkeeper_port_contract::hostile;
use watchkeeper_ports::{BatchBuilder, Topic};
use watchkeeper_test_kit::letter;

/// How many topics are tried, each with other records.
const SEEDS: u64 = 12;
const RULES: &str = r#"
[notifier]
group_by = ["rule", "target"]
group_wait = "0s"
group_interval = "1s"

[[rule]]
name = "high"
match = ['name="value"']
[rule.threshold]
above = 10

[[rule]]
name = "rejected"
[rule.dead_letters]
topic = "metrics"
"#;

#[tokio::test]
async fn the_good_record_behind_whatever_lies_on_the_topic_is_evaluated() {
    for seed in 0..SEEDS {
        let stage = Stage::new(RULES);
        stage.publish(&Topic::METRICS, hostile::records(seed)).await;
        stage.measure("shop", 20.0).await;
        let running = stage.run();
        let mail = stage.mails(1).await.remove(0);
        assert!(mail.subject.contains("high"), "seed {seed}: {}", mail.subject);
        running.stop_well().await;
    }
}

#[tokio::test]
async fn the_letter_behind_whatever_lies_on_the_topic_of_dead_letters_is_evaluated() {
    for seed in 0..SEEDS {
        let stage = Stage::new(RULES);
        let letters = Topic::METRICS.dead_letters();
        stage.publish(&letters, hostile::records(seed)).await;
        let mut batch = BatchBuilder::default();
        letter("value: must be finite", b"{}").push(&mut batch);
        stage.publish(&letters, batch.finish()).await;
        let running = stage.run();
        let mail = stage.mails(1).await.remove(0);
        assert!(mail.subject.contains("rejected"), "seed {seed}: {}", mail.subject);
        running.stop_well().await;
    }
}
