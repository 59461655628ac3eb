//! The results as pictures: the same drawing as SVG and as PNG.

use super::competitor::{BARE, COMPETITORS, Competitor, Role};
use super::scene::Figure;
use super::target::size;
use super::values::{Summary, Values};
use crate::packages;
use anyhow::{Context, Result};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use std::fs;
use std::ops::Range;
use std::path::Path;

const FONT: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
const SIZE: (u32, u32) = (1100, 700);
/// The window of Uniband.
const WINDOW: f64 = 64.0;

/// Ours first and in strong colours; distinct for the eyes of most (after Okabe and Ito).
const COLOURS: [RGBColor; 10] = [
    RGBColor(213, 94, 0),
    RGBColor(0, 114, 178),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(120, 120, 120),
    RGBColor(150, 90, 40),
    RGBColor(90, 60, 150),
    RGBColor(60, 60, 60),
];

struct Plot {
    name: &'static str,
    title: &'static str,
    scene: &'static str,
    pattern: &'static str,
    sizes: Range<u64>,
    axis: &'static str,
    who: fn(&Competitor) -> bool,
    /// From a time in microseconds to what is drawn; the second is the time of ours
    /// without protection.
    value: fn(u64, f64, Option<f64>) -> Option<f64>,
    scale: Scale,
    /// Where no line is.
    legend: SeriesLabelPosition,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scale {
    Logarithmic,
    Linear,
}

const LATENCY: Plot = Plot {
    name: "latency",
    title: "One way between two hosts (PingPong)",
    scene: "two-hosts",
    pattern: "PingPong",
    sizes: 1..(4 << 20) + 1,
    axis: "microseconds",
    who: everybody,
    value: |_, time, _| Some(time),
    scale: Scale::Logarithmic,
    legend: SeriesLabelPosition::UpperLeft,
};

const OVERHEAD: Plot = Plot {
    name: "overhead-latency",
    title: "What a suite adds to a message's way (PingPong, to cipher none)",
    scene: "suites",
    axis: "per cent",
    who: suites,
    value: |_, time, bare| Some((time / bare? - 1.0) * 100.0),
    scale: Scale::Linear,
    legend: SeriesLabelPosition::UpperRight,
    ..LATENCY
};

const PLOTS: &[Plot] = &[
    LATENCY,
    Plot {
        name: "bandwidth",
        title: "Stream between two hosts (Uniband, window of 64)",
        scene: "two-hosts",
        pattern: "Uniband",
        sizes: 1..(4 << 20) + 1,
        axis: "MB/s",
        who: everybody,
        value: |bytes, time, _| Some(bytes as f64 * WINDOW / time),
        scale: Scale::Logarithmic,
        legend: SeriesLabelPosition::UpperLeft,
    },
    Plot {
        name: "message-rate",
        title: "Messages between two hosts (Uniband, window of 64)",
        scene: "two-hosts",
        pattern: "Uniband",
        sizes: 1..4097,
        axis: "thousand messages a second",
        who: everybody,
        value: |_, time, _| Some(WINDOW / time * 1e3),
        scale: Scale::Logarithmic,
        legend: SeriesLabelPosition::LowerLeft,
    },
    Plot {
        name: "latency-one-host",
        title: "One way within a host (PingPong)",
        scene: "one-host",
        ..LATENCY
    },
    OVERHEAD,
    Plot {
        name: "overhead-stream",
        title: "What a suite adds to a stream's time (Uniband, to cipher none)",
        pattern: "Uniband",
        ..OVERHEAD
    },
];

fn everybody(_: &Competitor) -> bool {
    true
}

fn suites(who: &Competitor) -> bool {
    matches!(who.role, Role::Ours | Role::Suite)
}

struct Line {
    name: &'static str,
    is_ours: bool,
    points: Vec<(f64, f64)>,
}

/// Draws what there are values for into `folder`; name and title of each.
pub fn draw_all(values: &Values, folder: &Path) -> Result<Vec<(&'static str, &'static str)>> {
    packages::install(FONT, "fonts-dejavu-core")?;
    let font = fs::read(FONT).with_context(|| format!("cannot read {FONT}"))?;
    // Kept for the life of this process, once: that is how the library takes it.
    static REGISTERED: std::sync::Once = std::sync::Once::new();
    REGISTERED.call_once(|| {
        let font: &'static [u8] = Box::leak(font.into_boxed_slice());
        let _ = register_font("sans-serif", FontStyle::Normal, font);
    });
    fs::create_dir_all(folder)?;
    let mut drawn = Vec::new();
    for plot in PLOTS {
        let lines = plot.lines(values);
        if lines.is_empty() {
            continue;
        }
        let svg = folder.join(format!("{}.svg", plot.name));
        let png = svg.with_extension("png");
        draw(plot, &lines, &SVGBackend::new(&svg, SIZE).into_drawing_area())
            .with_context(|| format!("cannot draw {}", svg.display()))?;
        draw(plot, &lines, &BitMapBackend::new(&png, SIZE).into_drawing_area())
            .with_context(|| format!("cannot draw {}", png.display()))?;
        drawn.push((plot.name, plot.title));
    }
    Ok(drawn)
}

impl Plot {
    fn lines(&self, values: &Values) -> Vec<Line> {
        let sizes = values.sizes(self.scene, self.pattern);
        let time = |who: &str, bytes| {
            let figure = Figure::new(self.pattern, bytes, "median");
            values.summary(self.scene, &figure, who, Summary::Median)
        };
        let line = |who: &Competitor| Line {
            name: who.name,
            is_ours: who.is_ours(),
            points: sizes
                .iter()
                .filter(|bytes| self.sizes.contains(bytes))
                .filter_map(|&bytes| {
                    let value = (self.value)(bytes, time(who.name, bytes)?, time(BARE, bytes))?;
                    Some((bytes as f64, value))
                })
                .collect(),
        };
        let all = COMPETITORS.iter().filter(|who| (self.who)(who)).map(line);
        all.filter(|line| !line.points.is_empty()).collect()
    }
}

fn draw<DB: DrawingBackend>(
    plot: &Plot,
    lines: &[Line],
    area: &DrawingArea<DB, Shift>,
) -> Result<()>
where
    DB::ErrorType: 'static,
{
    let points = || lines.iter().flat_map(|line| &line.points);
    let least = points().map(|point| point.1).fold(f64::INFINITY, f64::min);
    let most = points().map(|point| point.1).fold(f64::NEG_INFINITY, f64::max);
    let first = points().map(|point| point.0).fold(f64::INFINITY, f64::min);
    let last = points().map(|point| point.0).fold(f64::NEG_INFINITY, f64::max);
    area.fill(&WHITE)?;
    let mut builder = ChartBuilder::on(area);
    builder
        .caption(plot.title, ("sans-serif", 24))
        .margin(16)
        .x_label_area_size(48)
        .y_label_area_size(72);
    let across = (first..last * 1.01).log_scale().base(2.0);
    match plot.scale {
        Scale::Logarithmic => {
            let mut chart =
                builder.build_cartesian_2d(across, (least / 1.3..most * 1.3).log_scale())?;
            fill(&mut chart, plot, lines)?;
        }
        Scale::Linear => {
            let room = ((most - least) / 10.0).max(1.0);
            let mut chart =
                builder.build_cartesian_2d(across, least.min(0.0) - room..most + room)?;
            fill(&mut chart, plot, lines)?;
        }
    }
    area.present()?;
    Ok(())
}

type Chart<'a, DB, X, Y> = ChartContext<'a, DB, Cartesian2d<X, Y>>;

fn fill<'a, DB, X, Y>(chart: &mut Chart<'a, DB, X, Y>, plot: &Plot, lines: &[Line]) -> Result<()>
where
    DB: DrawingBackend + 'a,
    DB::ErrorType: 'static,
    X: Ranged<ValueType = f64> + plotters::coord::ranged1d::ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + plotters::coord::ranged1d::ValueFormatter<f64>,
{
    chart
        .configure_mesh()
        .x_desc("bytes")
        .y_desc(plot.axis)
        .x_labels(12)
        .x_label_formatter(&|bytes| size(bytes.round() as u64))
        .y_label_formatter(&|value| round(*value))
        .axis_desc_style(("sans-serif", 18))
        .label_style(("sans-serif", 15))
        .light_line_style(RGBColor(240, 240, 240))
        .draw()?;
    for (number, line) in lines.iter().enumerate() {
        let colour = COLOURS[number % COLOURS.len()];
        let style = colour.stroke_width(if line.is_ours { 3 } else { 1 });
        chart
            .draw_series(LineSeries::new(line.points.iter().copied(), style))?
            .label(line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], style));
        let marks = line.points.iter().map(|&point| Circle::new(point, 3, colour.filled()));
        chart.draw_series(marks)?;
    }
    chart
        .configure_series_labels()
        .position(plot.legend.clone())
        .label_font(("sans-serif", 15))
        .legend_area_size(36)
        .background_style(WHITE.mix(0.8))
        .border_style(RGBColor(160, 160, 160))
        .draw()?;
    Ok(())
}

fn round(value: f64) -> String {
    if value.abs() >= 10.0 || value == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::competitor::OURS;

    #[test]
    fn plots_are_drawn_as_both_kinds_of_file() {
        let mut values = Values::default();
        for bytes in [1, 1024, 1 << 20] {
            for (who, time) in
                [(OURS, 7.0 + bytes as f64 / 2e3), (BARE, 6.5 + bytes as f64 / 2.2e3)]
            {
                for scene in ["two-hosts", "suites"] {
                    values.add(scene, who, Figure::new("PingPong", bytes, "median"), time);
                }
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let drawn = draw_all(&values, folder.path()).unwrap();
        let names: Vec<_> = drawn.iter().map(|plot| plot.0).collect();
        assert_eq!(names, ["latency", "overhead-latency"]);
        for name in names {
            let svg = fs::read_to_string(folder.path().join(format!("{name}.svg"))).unwrap();
            assert!(svg.contains("<svg") && svg.contains(OURS), "{name}");
            let png = fs::read(folder.path().join(format!("{name}.png"))).unwrap();
            assert!(png.starts_with(b"\x89PNG"), "{name}");
        }
    }

    #[test]
    fn what_a_suite_adds_is_relative_to_no_protection() {
        let mut values = Values::default();
        let figure = Figure::new("PingPong", 8, "median");
        values.add("suites", OURS, figure.clone(), 7.5);
        values.add("suites", BARE, figure, 6.0);
        let plot = PLOTS.iter().find(|plot| plot.name == "overhead-latency").unwrap();
        let lines = plot.lines(&values);
        assert_eq!((lines.len(), lines[0].name), (1, OURS));
        assert_eq!(lines[0].points, [(8.0, 25.0)]);
    }
}
