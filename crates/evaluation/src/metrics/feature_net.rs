//! A network whose inner features are compared, as ONNX: one input, one output a tap.
//!
//! Input: RGB from -1 to 1, less the mean and over the deviation of ImageNet, at the picture's own
//! size, which is what LPIPS does for each of its networks (Zhang et al. 2018).

use std::path::{Path, PathBuf};

use inference::{Graph, InferenceError, Tensor};
use media::Image;

use crate::metrics::MetricError;

/// What is taken off each channel.
const SHIFT: [f32; 3] = [-0.030, -0.088, -0.188];
/// By what it is divided then.
const SCALE: [f32; 3] = [0.458, 0.448, 0.450];

/// A feature network, ready to run.
#[derive(Debug)]
pub struct FeatureNet {
    path: PathBuf,
    graph: Graph,
    input: String,
    outputs: Vec<String>,
}

impl FeatureNet {
    /// Load the network.
    ///
    /// # Errors
    /// If it cannot be read or run, or does not have exactly one input.
    pub fn open(path: &Path) -> Result<Self, MetricError> {
        let graph = open_graph(path)?;
        let inputs: Vec<String> = graph.input_names().map(str::to_owned).collect();
        let [input] = inputs.as_slice() else {
            let reason = format!("one input is needed, it has {inputs:?}");
            return Err(MetricError::Mismatch {
                path: path.to_owned(),
                reason,
            });
        };
        Ok(Self {
            path: path.to_owned(),
            input: input.clone(),
            outputs: graph.output_names().map(str::to_owned).collect(),
            graph,
        })
    }

    /// What measures with this network are called after: the file's name without its ending.
    pub fn name(&self) -> String {
        net_name(&self.path)
    }

    /// Where it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Features of a picture at every tap.
    ///
    /// # Shapes
    /// - each: `[1, channels, height, width]` or `[1, channels]`
    ///
    /// # Errors
    /// If the network cannot be run on it, or gives something of another shape.
    pub fn taps(&self, picture: &Image) -> Result<Vec<Tensor>, MetricError> {
        let failed = |source: InferenceError| MetricError::Net {
            path: self.path.clone(),
            source,
        };
        let input = normalised(picture);
        let given = self.graph.run(&[(&self.input, &input)]).map_err(failed)?;
        let mut taps = Vec::with_capacity(self.outputs.len());
        for name in &self.outputs {
            let tap = given.get(name).map_err(failed)?.clone();
            if tap.shape().len() < 2 || tap.shape()[0] != 1 || tap.values().is_empty() {
                let reason = format!("output {name:?} has the shape {:?}", tap.shape());
                return Err(MetricError::Mismatch {
                    path: self.path.clone(),
                    reason,
                });
            }
            taps.push(tap);
        }
        Ok(taps)
    }
}

/// A file's name without folder and ending.
pub(crate) fn net_name(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

pub(crate) fn open_graph(path: &Path) -> Result<Graph, MetricError> {
    let read = |source| MetricError::Read {
        path: path.to_owned(),
        source,
    };
    let bytes = std::fs::read(path).map_err(read)?;
    Graph::from_onnx(&bytes).map_err(|source| MetricError::Net {
        path: path.to_owned(),
        source,
    })
}

fn normalised(picture: &Image) -> Tensor {
    let (pixels, _) = picture.rgb().as_chunks::<3>();
    let mut values = Vec::with_capacity(3 * pixels.len());
    for channel in 0..3 {
        let level = |pixel: &[u8; 3]| {
            let value = f32::from(pixel[channel]) / 127.5 - 1.0;
            (value - SHIFT[channel]) / SCALE[channel]
        };
        values.extend(pixels.iter().map(level));
    }
    Tensor::new(
        &[1, 3, picture.height() as usize, picture.width() as usize],
        values,
    )
}
