//! Signs finished outputs: the [`Seal`] that `media`'s writers ask before a file gets its name.

use std::fmt;
use std::io::SeekFrom;
use std::path::Path;
use std::sync::Arc;

use c2pa::{Builder, Context, Ingredient, Reader};
use media::{Finished, FrameMarker, Image, Seal, SealError, Storage};
use p256::elliptic_curve::rand_core::{OsRng, RngCore as _};
use serde_json::Value;

use crate::error::ProvenanceError;
use crate::inputs::{HashedInput, add_ingredients};
use crate::media_type::needs_sidecar;
use crate::settings::context;
use crate::signer::SignerChoice;
use crate::statement::{Making, Statement, add_soft_binding};
use crate::verify::problems_of;
use crate::watermark::{Hider, LEAST_SIDE_PX, OutputId, Payload};

/// Signs every file of one output with the same statement.
pub struct Marker {
    context: Arc<Context>,
    definition: Value,
    ingredients: Vec<Ingredient>,
    output_id: OutputId,
    /// Whether a watermark is hidden in large enough frames.
    hides: bool,
    note: Option<String>,
}

impl Marker {
    /// Get ready to sign: open the key, hash the inputs and read the manifests that they bear. `output_id` is
    /// that of an earlier run of the same output, which this one goes on with.
    ///
    /// # Errors
    /// If an input cannot be read, or the user's key or certificate cannot be used.
    pub fn open(
        statement: &Statement,
        signer: &SignerChoice,
        output_id: Option<OutputId>,
    ) -> Result<Self, ProvenanceError> {
        let signing = signer.open()?;
        let note = signing.note.clone();
        let context = context(Some(signing), None)?;
        let output_id = output_id.unwrap_or_else(|| OutputId::from_random_bits(OsRng.next_u64()));
        let inputs = statement.inputs.iter().map(HashedInput::open);
        let inputs: Vec<HashedInput> = inputs.collect::<Result<_, _>>()?;
        let mut builder = Builder::from_shared_context(&context);
        let placed = add_ingredients(&mut builder, &inputs)?;
        let definition = statement.definition(&output_id.to_string(), &inputs, &placed);
        Ok(Self {
            context,
            definition,
            ingredients: std::mem::take(&mut builder.definition.ingredients),
            output_id,
            hides: statement.making == Making::Painted,
            note,
        })
    }

    /// The random number of this output, which its manifest states.
    pub fn output_id(&self) -> OutputId {
        self.output_id
    }

    /// What the user should know, such as that the installation's key could not be used.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Sign a file that is there: a signed copy replaces it. What lies beside it for formats that bear no
    /// manifest is called as it is, with the ending `.c2pa`.
    ///
    /// # Errors
    /// If it cannot be read or written, or what was signed does not verify.
    pub fn sign_file(&self, path: &Path) -> Result<(), ProvenanceError> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let write_failed = |source| ProvenanceError::Write {
            path: path.to_owned(),
            source,
        };
        let read_failed = |source| ProvenanceError::Read {
            path: path.to_owned(),
            source,
        };
        let mut unsigned = std::fs::File::open(path).map_err(read_failed)?;
        let kind = crate::media_type::media_type_of(&mut unsigned).map_err(read_failed)?;
        let mut sealed = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))
            .map_err(write_failed)?;
        let about = Finished {
            media_type: kind.unwrap_or("application/octet-stream"),
            width: 0, // nothing was hidden in its frames
            height: 0,
        };
        let sidecar = self.sign(about, &mut unsigned, sealed.as_file_mut())?;
        if let Some(sidecar) = sidecar {
            return media::write_whole(&path.with_extension("c2pa"), &sidecar)
                .map_err(|error| write_failed(std::io::Error::other(error)));
        }
        let permissions = unsigned.metadata().map_err(read_failed)?.permissions();
        sealed
            .as_file()
            .set_permissions(permissions)
            .map_err(write_failed)?;
        sealed.as_file().sync_all().map_err(write_failed)?;
        sealed
            .persist(path)
            .map_err(|error| write_failed(error.error))?;
        Ok(())
    }

    /// Write the signed copy of `unsigned` and verify it; the manifest comes back where it lies beside the
    /// file.
    fn sign(
        &self,
        about: Finished,
        unsigned: &mut dyn Storage,
        sealed: &mut dyn Storage,
    ) -> Result<Option<Vec<u8>>, ProvenanceError> {
        let media_type = about.media_type;
        let mut definition = self.definition.clone();
        if self.hides && holds_watermark(about.width, about.height) {
            add_soft_binding(&mut definition, self.output_id);
        }
        let mut builder = Builder::from_shared_context(&self.context)
            .with_definition(definition)
            .map_err(ProvenanceError::sign)?;
        for ingredient in &self.ingredients {
            builder.add_ingredient(ingredient.clone());
        }
        let has_sidecar = needs_sidecar(media_type);
        builder.set_no_embed(has_sidecar);
        let (mut unsigned, mut sealed) = (unsigned, sealed);
        let read_failed = |source: std::io::Error| ProvenanceError::sign(source.into());
        unsigned.seek(SeekFrom::Start(0)).map_err(read_failed)?;
        let manifest = builder.save_to_stream(media_type, &mut unsigned, &mut sealed);
        let manifest = manifest.map_err(ProvenanceError::sign)?;
        sealed.seek(SeekFrom::Start(0)).map_err(read_failed)?;
        let reader = Reader::from_shared_context(&self.context);
        let reader = if has_sidecar {
            reader.with_manifest_data_and_stream(&manifest, media_type, &mut sealed)
        } else {
            reader.with_stream(media_type, &mut sealed)
        };
        let problems = problems_of(&reader.map_err(ProvenanceError::sign)?);
        if !problems.is_empty() {
            return Err(ProvenanceError::NotVerified {
                reason: problems.join("; "),
            });
        }
        Ok(has_sidecar.then_some(manifest))
    }
}

impl Seal for Marker {
    fn frame_marker(
        &self,
        width: u32,
        height: u32,
    ) -> Result<Option<Box<dyn FrameMarker>>, SealError> {
        if !self.hides || !holds_watermark(width, height) {
            return Ok(None);
        }
        let hider = Hider::new(Payload::new(self.output_id), width, height)?;
        Ok(Some(Box::new(Hiding(hider))))
    }

    fn seal(
        &self,
        about: Finished,
        unsigned: &mut dyn Storage,
        sealed: &mut dyn Storage,
    ) -> Result<Option<Vec<u8>>, SealError> {
        Ok(self.sign(about, unsigned, sealed)?)
    }
}

/// The watermark's hider, as writers call it.
struct Hiding(Hider);

impl FrameMarker for Hiding {
    fn hide(&mut self, frame: &mut Image) -> Result<(), SealError> {
        Ok(self.0.hide(frame)?)
    }
}

/// Whether frames of a size are large enough for a watermark; smaller ones claim none.
fn holds_watermark(width: u32, height: u32) -> bool {
    width.min(height) >= LEAST_SIDE_PX
}

impl fmt::Debug for Marker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = formatter.debug_struct("Marker");
        told.field("output_id", &self.output_id);
        told.finish_non_exhaustive()
    }
}
