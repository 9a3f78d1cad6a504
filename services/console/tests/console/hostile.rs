//! Whatever others send is text on a page, and nothing else.

use crate::fakes::World;
use crate::markup::{assert_sound, elements};
use crate::visit::{console, get, page, sample, world};
use proptest::prelude::*;
use watchkeeper_console::Console;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{BatchBuilder, Record, Topic, TopicPartition};
use watchkeeper_runtime::RoleContext;
use watchkeeper_runtime::http::Access;
use watchkeeper_wire::dead_letter::DeadLetter;

const ATTACK: &str = r#"</td></title><script>alert(1)</script><img src=x onerror="alert(1)">' onfocus='x"#;

#[tokio::test]
async fn markup_in_labels_units_reasons_keys_and_states_is_shown_as_text() {
    let mut batch = BatchBuilder::default();
    DeadLetter {
        reason: ATTACK,
        rejected_by: ATTACK,
        rejected_at: Timestamp::MIN,
        origin: TopicPartition::new(Topic::named(ATTACK), 0),
        offset: 0,
        record: Record { key: ATTACK.as_bytes(), value: b"", headers: &[] },
    }
    .push(&mut batch);
    let samples = vec![sample("host/load <script>", &[("evil", ATTACK)], 1.0, 3)];
    let world = World { samples, dead_letters: batch.finish(), ..World::default() };
    let context = RoleContext::detached("persister");
    context.dependency("store").down(ATTACK);
    let router = Console::new(context, world.ports()).router(&Access::open());

    let page = get(&router, "/").await;
    assert_sound(&page.body);
    page.assert_has("&#60;script&#62;alert(1)");
    let images = elements(&page.body).into_iter().filter(|element| element.name == "img");
    assert_eq!(images.count(), 1, "the one in the header");
}

#[tokio::test]
async fn markup_in_an_address_is_shown_as_text() {
    let attack = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    let router = console(world([sample("host/load", &[], 1.0, 3)]));
    for path in [
        format!("/?source={attack}&name={attack}&after={attack}"),
        format!("/series?source=host&name=load&label.a={attack}&unit={attack}"),
    ] {
        let page = get(&router, &path).await;
        assert_sound(&page.body);
        page.assert_has("&#60;script&#62;alert(1)");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_label_leaves_the_page_sound(value in "[ -~äß€\u{202e}]{0,80}", number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let samples = [sample("host/load", &[("a", &value)], number, 3)];
        let page = runtime.block_on(page(world(samples), "/"));
        assert_sound(&page.body);
    }
}
