//! The page of one series.

use crate::browser::Browser;
use crate::world::{TEMPERATURES, World};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Drawn {
    /// Of the line, in pixels.
    width: f64,
    height: f64,
    /// Of the plot, in pixels.
    plot_width: f64,
    marks: usize,
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn a_series_page_draws_its_chart_and_says_its_figures_in_a_browser() {
    let world = World::full();
    let browser = Browser::start();
    browser.open(world.url("/explore?source=demo&name=temperature"));
    browser.follow("th.name a");
    browser.follow(".choices a");
    browser.wait_for_charts();
    assert_eq!(browser.text(".choices [aria-current]"), "last hour");
    let drawn: Drawn = browser.ask(
        "const line = document.querySelector('.chart .mean').getBoundingClientRect();
         return {
             width: line.width,
             height: line.height,
             plot_width: document.querySelector('.chart').getBoundingClientRect().width,
             marks: document.querySelectorAll('.chart text').length,
         }",
    );
    // The samples of half an hour take half of an hour's plot.
    assert!(drawn.width > drawn.plot_width / 3.0 && drawn.width < drawn.plot_width, "{drawn:?}");
    assert!(drawn.height > 50.0 && drawn.marks >= 4, "{drawn:?}");
    assert_eq!(browser.text(".figures td[data-title=Samples]"), TEMPERATURES.to_string());
    assert_eq!(browser.texts(".about dd"), ["celsius", "attic"]);
}
