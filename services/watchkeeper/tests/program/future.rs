//! Samples that were stored while a clock ran ahead.

use crate::running::Up;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_adapter_embedded::EmbeddedStore;
use watchkeeper_domain::{Sample, Series, Timestamp};
use watchkeeper_ports::Append;

const MINUTE: Duration = Duration::from_secs(60);

/// Stores samples as an `up` would have whose clock was years ahead for a while.
fn store_from_the_future(data_dir: &Path) {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio.block_on(async {
        let series = Arc::new(Series::new("demo", "answer", "", &[]).unwrap());
        let before = Sample::new(Arc::clone(&series), Timestamp::now().minus(MINUTE), 41.0);
        let ahead = Sample::new(series, "2099-01-01T00:00:00Z".parse().unwrap(), 666.0);
        let store = EmbeddedStore::open(data_dir).unwrap().samples();
        store.append(Arc::new(Append::of(vec![before, ahead]))).await.unwrap();
    });
}

#[test]
fn a_sample_from_the_future_is_not_the_latest_and_every_answer_says_that_there_is_one() {
    let dir = tempfile::tempdir().unwrap();
    store_from_the_future(dir.path());
    let up = Up::start(dir.path());
    assert_eq!(up.post_samples(r#"[{"source":"demo","name":"answer","value":42}]"#), Some(202));
    for path in ["/v1/latest?source=demo", "/v1/samples?source=demo"] {
        up.wait_for(path, |answer| answer.contains(r#""value":42"#));
    }
    for question in ["latest", "samples"] {
        let answer = up.run(&["query", question, "--source", "demo"]);
        let (shown, told) =
            (String::from_utf8_lossy(&answer.stdout), String::from_utf8_lossy(&answer.stderr));
        assert!(shown.contains(" 42 ") && !shown.contains("666"), "{shown}");
        assert!(told.contains("there are samples from the future, up to 2099-01-01T00:00:00Z"), "{told}");
    }
    let samples = up.get("/v1/samples?source=demo");
    assert!(samples.contains(r#""future_until":"2099-01-01T00:00:00Z""#), "{samples}");
    assert!(!up.get("/v1/samples?source=host").contains("future_until"));
    let page = up.get("/series?source=demo&name=answer");
    assert!(page.contains("Has samples from the future, up to 2099-01-01T00:00:00Z"), "{page}");
}
