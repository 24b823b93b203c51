//! The run itself: opens the folder, listens, and works until it is told to stop.

use std::sync::Arc;

use tokio::net::TcpListener;

use crate::api::routes;
use crate::config::{Ready, ServeConfig, Stop};
use crate::connection::take_connections;
use crate::error::ServeError;
use crate::gate::Gate;
use crate::runner::run_queue;
use crate::studio::Studio;

/// Serve the studio until `stop` is told. `ready` hears the address to open.
///
/// Jobs that run are stopped then; their finished segments stay for another try.
///
/// # Errors
/// See [`ServeError`].
pub fn serve(
    config: ServeConfig,
    stop: &Stop,
    ready: &mut dyn FnMut(Ready),
) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(ServeError::Runtime)?;
    runtime.block_on(run(config, stop, ready))
}

async fn run(
    config: ServeConfig,
    stop: &Stop,
    ready: &mut dyn FnMut(Ready),
) -> Result<(), ServeError> {
    let (address, hosts) = (config.address, config.hosts.clone());
    let (studio, cut_jobs) = Studio::open(config)?;
    let cannot = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    let place = listener.local_addr().map_err(cannot)?;
    let gate = Gate::new(place.port(), &hosts);
    let host = if place.ip().is_unspecified() {
        format!("127.0.0.1:{}", place.port())
    } else {
        place.to_string()
    };
    let url = format!("http://{host}/?token={}", gate.token());
    let studio = Arc::new(studio);
    let connections = tokio::spawn(take_connections(
        listener,
        routes(Arc::clone(&studio), gate),
    ));
    let queue = tokio::spawn(run_queue(studio));
    ready(Ready { url, cut_jobs });
    stop.told().await;
    // The job's process sees its input end and stops by itself.
    queue.abort();
    connections.abort();
    Ok(())
}
