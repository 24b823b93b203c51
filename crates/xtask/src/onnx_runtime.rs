//! Where ONNX Runtime's library is, for the tests of the feature `ort`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::libtorch::cache_base;
use crate::step::{TaskError, run};

/// The version that `setup` brings.
const VERSION: &str = "1.32.0";
/// Variable in which the program looks for the library.
pub(crate) const VARIABLE: &str = "ORT_DYLIB_PATH";

/// The library that the user names, or the one in the cache, which is filled first where it is empty.
///
/// # Errors
/// If the wheel cannot be had.
pub(crate) fn ensure_library() -> Result<PathBuf, TaskError> {
    if let Some(library) = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        return Ok(library.into());
    }
    let folder = cache_base()?.join(format!("onnxruntime-{VERSION}"));
    if let Some(library) = library_in(&folder) {
        return Ok(library);
    }
    println!(
        "  ONNX Runtime: missing, putting {VERSION} (about 60 MB) into {}",
        folder.display()
    );
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--no-deps", "--only-binary=:all:"]);
    pip.args(["--python-version=3.12", "--disable-pip-version-check"]);
    pip.args(["--no-compile", "--upgrade", "--target"])
        .arg(&folder);
    run(pip.arg(format!("onnxruntime=={VERSION}")))?;
    library_in(&folder).ok_or_else(|| {
        TaskError::Missing(format!(
            "pip ended well, but {} holds no library of ONNX Runtime",
            folder.display()
        ))
    })
}

fn library_in(folder: &Path) -> Option<PathBuf> {
    let files = std::fs::read_dir(folder.join("onnxruntime/capi")).ok()?;
    let paths = files.flatten().map(|file| file.path());
    let is_library = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let names = ["libonnxruntime.so", "libonnxruntime.", "onnxruntime.dll"];
        names.iter().any(|start| name.starts_with(start))
    };
    paths.into_iter().find(is_library)
}
