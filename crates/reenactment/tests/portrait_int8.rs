//! The portrait model's graphs in 8 bits give the pictures of those in single precision.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::sync::{Arc, Mutex};

use inference::{Bundle, Engine, Graph, Tensor};
use landmarks::Landmarks;
use media::Image;
use reenactment::few_shot::Shot;
use reenactment::portrait::{BUILT_IN_MANIFEST, BUILT_IN_PARTS, PortraitModel, PortraitPerson};
use test_support::DrawnHead;

/// What went into a graph: its name, and tensors by name.
type Run = (String, Vec<(String, Tensor)>);

/// All that goes into decoder and patch networks while a drawn head turns and speaks.
fn runs(bundle: &Bundle) -> Vec<Run> {
    let seen: Arc<Mutex<Vec<Run>>> = Arc::default();
    let listener = Arc::clone(&seen);
    let model = PortraitModel::from_bundle(bundle).unwrap();
    let model = model.heard_by(Box::new(move |graph, inputs| {
        let inputs = inputs.iter();
        let inputs = inputs.map(|(name, tensor)| ((*name).to_owned(), (*tensor).clone()));
        let run = (graph.to_owned(), inputs.collect());
        listener.lock().unwrap().push(run);
    }));
    let source = DrawnHead::frontal(256);
    let mut driving = source;
    driving.yaw = 14.0;
    driving.mouth_open = 0.7;
    let [own, other] = [source, driving].map(|head| Landmarks {
        points: head.points(),
    });
    let shot = Shot {
        picture: Image::from_rgb(256, 256, source.draw()),
        landmarks: own,
    };
    let person = PortraitPerson::new(Arc::new(model), &[shot]).unwrap();
    person.paint(&other).unwrap();
    drop(person);
    std::mem::take(&mut seen.lock().unwrap())
}

#[test]
fn eight_bits_paint_what_single_precision_paints() {
    let bundle = Bundle::embedded("built in", BUILT_IN_MANIFEST, &BUILT_IN_PARTS).unwrap();
    let runs = runs(&bundle);
    assert_eq!(runs.len(), 4, "a picture, a mouth and two eyes");
    for (name, inputs) in &runs {
        let inputs: Vec<(&str, &Tensor)> = inputs
            .iter()
            .map(|(name, tensor)| (name.as_str(), tensor))
            .collect();
        let paint = |part: &str| {
            let graph = Graph::for_engine(bundle.part(part).unwrap(), Engine::BuiltIn).unwrap();
            let output = graph.output_names().next().unwrap().to_owned();
            graph
                .run(&inputs)
                .unwrap()
                .get(&output)
                .unwrap()
                .values()
                .to_vec()
        };
        let [single, small] = [paint(name), paint(&format!("{name}_int8"))];
        let apart = single.iter().zip(&small).map(|(a, b)| (a - b).abs());
        let mean = apart.clone().sum::<f32>() / single.len() as f32;
        let most = apart.fold(0.0, f32::max);
        // of -1 to 1: a mean of one grey level, at most 24 of them
        assert!(
            mean < 0.008 && most < 0.19,
            "{name}: mean {mean}, most {most}"
        );
        assert!(mean > 0.0, "{name}: the same graph twice");
    }
}
