//! Connections: not too many, none that says nothing, each handed to the routes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower_service::Service as _;

/// Connections at the same time; a browser opens six for each tab.
const MOST_CONNECTIONS: usize = 256;
/// Time that a client has to say what it wants.
const TIME_FOR_HEAD: Duration = Duration::from_secs(10);
/// Most bytes of a request's head.
const MOST_HEAD_BYTES: usize = 64 * 1024;

/// Take connections for ever.
pub(crate) async fn take_connections(listener: TcpListener, routes: Router) {
    let slots = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let slot = Arc::clone(&slots).acquire_owned().await;
        let slot = slot.expect("the semaphore is never closed");
        match listener.accept().await {
            Ok((stream, _)) => {
                let routes = routes.clone();
                tokio::spawn(async move {
                    serve_connection(stream, routes).await;
                    drop(slot);
                });
            }
            // out of file handles: some will be closed
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn serve_connection(stream: TcpStream, routes: Router) {
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut routes = routes.clone();
        async move {
            Ok::<_, Infallible>(
                routes
                    .call(request)
                    .await
                    .unwrap_or_else(|never| match never {}),
            )
        }
    });
    let mut connection = hyper::server::conn::http1::Builder::new();
    connection.timer(TokioTimer::new());
    connection.header_read_timeout(TIME_FOR_HEAD);
    connection.max_buf_size(MOST_HEAD_BYTES);
    let served = connection
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    // a client that goes away is no failure of ours
    drop(served.await);
}
