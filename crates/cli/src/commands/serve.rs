//! `vivant serve`: the studio, a page on which all this is done without a terminal.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::Args;
use media::VirtualCamera;
use web::{Ready, ServeConfig, Stop};

use crate::commands::bundle_folder::bundle_of;
#[cfg(not(feature = "train"))]
use crate::commands::without_training::without_training;
use crate::terminal::failure::Failure;

/// The port where none is asked for.
const DEFAULT_PORT: u16 = 8890;
/// Bytes in a gigabyte.
const GIGABYTE: f64 = 1e9;

/// Options of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Port to listen on; 0 takes a free one.
    #[arg(short, long, default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Address to listen on. Any other than the default lets other machines knock; they still need the token, but
    /// it then travels in the clear. For containers, whose published port stays on 127.0.0.1.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// Another name by which the browser calls this server, such as studio.lan or localhost:9000. Can be repeated.
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    /// Where uploads, jobs and results are kept; without it, vivant/studio in the user's data folder.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Most that uploads may take on the disk, gigabytes.
    #[arg(long, value_name = "GB", default_value = "50", value_parser = gigabytes)]
    most_stored: f64,
    /// Model that avatars are made with: what `meta-train` left, or models/portrait of the source folder. A program
    /// with the feature `train` fine-tunes it. Without it the built-in one, without further training.
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
    /// Camera device of v4l2loopback, such as /dev/video10, on which other programs see the live view (Linux).
    #[arg(long, value_name = "DEVICE")]
    virtual_camera: Option<PathBuf>,
    /// Open the page in the browser.
    #[arg(long)]
    open: bool,
}

/// The user's data folder is not known.
#[derive(Debug, thiserror::Error)]
#[error("there is no home folder to keep the studio's files in: name a folder with --folder")]
struct NoDataFolder;

fn gigabytes(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if value > 0.0 && value <= 1e6 => Ok(value),
        _ => Err("a number of gigabytes above 0 is needed".to_owned()),
    }
}

/// Serve until Ctrl-C.
///
/// # Errors
/// If the address or the folder cannot be used.
pub(crate) fn serve(
    args: &ServeArgs,
    onnx_runtime: Option<&Option<PathBuf>>,
) -> Result<(), Failure> {
    if let Some(device) = &args.virtual_camera {
        VirtualCamera::check(device).map_err(Failure::work)?;
    }
    if let Some(model) = &args.model {
        check_model(model)?;
    }
    let folder = match &args.folder {
        Some(folder) => folder.clone(),
        None => data_folder().ok_or_else(|| Failure::work(NoDataFolder))?,
    };
    let runtime = onnx_runtime.map(|library| match library {
        Some(library) => format!("--onnx-runtime={}", library.display()),
        None => "--onnx-runtime".to_owned(),
    });
    let config = ServeConfig {
        address: SocketAddr::new(args.listen, args.port),
        hosts: args.host.clone(),
        folder: std::path::absolute(&folder).map_err(Failure::work)?,
        program: std::env::current_exe().map_err(Failure::work)?,
        program_arguments: runtime.into_iter().collect(),
        most_stored_bytes: (args.most_stored * GIGABYTE) as u64,
        can_train: cfg!(feature = "train"),
        model: args.model.clone(),
        virtual_camera: args.virtual_camera.clone(),
    };
    let stop = Stop::default();
    let asked = stop.clone();
    ctrlc::set_handler(move || asked.tell()).map_err(Failure::work)?;
    web::serve(config, &stop, &mut |ready| tell(&ready, args.open)).map_err(Failure::work)
}

/// Tell at once what would make every avatar fail.
fn check_model(model: &Path) -> Result<(), Failure> {
    let is_bundle = bundle_of(model).is_some();
    let is_trainable = model.is_file() || model.join("weights.safetensors").is_file();
    #[cfg(not(feature = "train"))]
    if is_trainable && !is_bundle {
        return Err(without_training("serve --model ..."));
    }
    if is_bundle || is_trainable {
        return Ok(());
    }
    let problem = format!(
        "--model {} is neither a model bundle nor the run folder or the weights that `meta-train` left",
        model.display()
    );
    Err(Failure::Usage(vec![problem]))
}

fn tell(ready: &Ready, is_opened: bool) {
    let mut text = String::new();
    if ready.cut_jobs > 0 {
        text.push_str(&format!(
            "{} job(s) were cut when the studio last ended; the page offers to take them up again\n",
            ready.cut_jobs
        ));
    }
    text.push_str(&format!(
        "The studio is open. Everything stays on this machine.\n\n  {}\n\nCtrl-C closes it.\n",
        ready.url
    ));
    if is_opened && !open_in_browser(&ready.url) {
        text.push_str("No browser could be opened: copy the address into one.\n");
    }
    let mut stdout = std::io::stdout().lock();
    // Whoever reads may be content with the first line: that is no reason to end.
    if stdout.write_all(text.as_bytes()).is_ok() {
        stdout.flush().unwrap_or_default();
    }
}

/// Ask the desktop to show a page.
fn open_in_browser(url: &str) -> bool {
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let mut command = std::process::Command::new(program);
    command.args(arguments).arg(url);
    command.stdin(std::process::Stdio::null());
    command.stdout(std::process::Stdio::null());
    command.stderr(std::process::Stdio::null());
    command.spawn().is_ok()
}

/// `vivant/studio` where the system keeps users' data.
fn data_folder() -> Option<PathBuf> {
    let named = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let base = if cfg!(windows) {
        named("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        named("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        named("XDG_DATA_HOME").or_else(|| named("HOME").map(|home| home.join(".local/share")))
    };
    base.map(|base| base.join("vivant").join("studio"))
}
