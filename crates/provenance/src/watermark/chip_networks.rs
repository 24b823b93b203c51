//! The three built-in networks: chips to pattern, picture to strength, picture to chips.

use std::num::NonZeroUsize;

use inference::{Bundle, Graph, Tensor};

use super::WatermarkError;
use super::chip_layout::{PULSES, TILE};

/// Cells by which chips surround the tile that the carrier network is given.
const MARGIN: usize = 6;

fn built_in(part: &str) -> Result<Graph, WatermarkError> {
    let files: [(&str, &'static [u8]); 3] = [
        (
            "carrier.onnx",
            include_bytes!("../../../../models/watermark/carrier.onnx"),
        ),
        (
            "strength.onnx",
            include_bytes!("../../../../models/watermark/strength.onnx"),
        ),
        (
            "chip_reader.onnx",
            include_bytes!("../../../../models/watermark/chip_reader.onnx"),
        ),
    ];
    let manifest = include_str!("../../../../models/watermark/model.toml");
    let bundle = Bundle::embedded("the built-in watermark model", manifest, &files)?;
    let graph = bundle.graph(part)?;
    // So little work that threads would cost more than they bring.
    Ok(graph.with_threads(NonZeroUsize::MIN))
}

/// What hides a mark.
pub(super) struct HidingNetworks {
    carrier: Graph,
    strength: Graph,
}

impl HidingNetworks {
    /// Load the built-in ones.
    pub(super) fn built_in() -> Result<Self, WatermarkError> {
        Ok(Self {
            carrier: built_in("carrier")?,
            strength: built_in("strength")?,
        })
    }

    /// The pattern of a tile of chips `[PULSES, TILE, TILE]` that repeats: `[3, TILE, TILE]`, luma and the
    /// differences of blue and red, root mean square about 1 over red, green and blue.
    pub(super) fn pattern(&self, tile: &[f32]) -> Result<Vec<f32>, WatermarkError> {
        let side = TILE + 2 * MARGIN;
        let mut chips = vec![0.0; PULSES * side * side];
        for (index, chip) in chips.iter_mut().enumerate() {
            let [x, y] =
                [index % side, index / side % side].map(|cell| (cell + TILE - MARGIN) % TILE);
            *chip = tile[(index / (side * side) * TILE + y) * TILE + x];
        }
        let chips = Tensor::new(&[1, PULSES, side, side], chips);
        let outputs = self.carrier.run(&[("chips", &chips)])?;
        let around = outputs.get("pattern")?.values();
        let inner = |index: usize| {
            let [x, y] = [index % TILE, index / TILE % TILE].map(|cell| cell + MARGIN);
            around[(index / (TILE * TILE) * side + y) * side + x]
        };
        Ok((0..3 * TILE * TILE).map(inner).collect())
    }

    /// Grey levels of the mark for each 2 x 2 cells, `[1, 2, height / 2, width / 2]`, luma and colour.
    pub(super) fn strength(&self, cells: &Tensor) -> Result<Tensor, WatermarkError> {
        let outputs = self.strength.run(&[("picture", cells)])?;
        Ok(outputs.get("strength")?.clone())
    }
}

/// What finds a mark.
pub(super) struct ReadingNetwork {
    reader: Graph,
}

impl ReadingNetwork {
    /// Load the built-in one.
    pub(super) fn built_in() -> Result<Self, WatermarkError> {
        let reader = built_in("chip_reader")?;
        Ok(Self { reader })
    }

    /// Log odds of a chip +1 at each cell, `[1, PULSES, height, width]`.
    pub(super) fn read(&self, cells: &Tensor) -> Result<Tensor, WatermarkError> {
        let outputs = self.reader.run(&[("picture", cells)])?;
        Ok(outputs.get("chips")?.clone())
    }
}
