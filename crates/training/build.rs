//! Tells the linker where libtorch lies, so that test binaries find it when they start.

use std::path::PathBuf;

fn main() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    if std::env::var_os("CARGO_FEATURE_TRAIN").is_none() {
        return;
    }
    if let Some(folder) = std::env::var_os("LIBTORCH") {
        let libraries = PathBuf::from(folder).join("lib");
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", libraries.display());
    }
}
