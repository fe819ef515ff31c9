//! A protected route: notes that the server stores for each account.
//!
//! Everything that the server needs is here: a route whose handlers take [`Authenticated`], and a
//! table.

use std::path::Path;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use latchkey_server::Authenticated;
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

/// Maximum length of a note, in bytes.
const MAX_BYTES: usize = 2000;

/// Routes of the notes. `GET /api/notes` returns the caller's notes, latest first; `POST
/// /api/notes` adds the body, as text.
///
/// # Errors
/// Returns an error if the database cannot be opened or created.
pub async fn routes(database: &Path) -> sqlx::Result<Router> {
    let options = SqliteConnectOptions::new().filename(database).create_if_missing(true);
    let notes = SqlitePool::connect_with(options).await?;
    sqlx::query("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, account TEXT NOT NULL, text TEXT NOT NULL)")
        .execute(&notes)
        .await?;
    Ok(Router::new().route("/api/notes", get(list).post(add)).with_state(notes))
}

async fn list(claims: Authenticated, State(notes): State<SqlitePool>) -> Result<Json<Value>, StatusCode> {
    let query = "SELECT text FROM notes WHERE account = ? ORDER BY id DESC LIMIT 100";
    let texts: Vec<String> =
        sqlx::query_scalar(query).bind(&claims.sub).fetch_all(&notes).await.map_err(unavailable)?;
    Ok(Json(json!({ "notes": texts })))
}

async fn add(
    claims: Authenticated,
    State(notes): State<SqlitePool>,
    text: String,
) -> Result<StatusCode, StatusCode> {
    if text.trim().is_empty() || text.len() > MAX_BYTES {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let query = "INSERT INTO notes (account, text) VALUES (?, ?)";
    sqlx::query(query).bind(&claims.sub).bind(&text).execute(&notes).await.map_err(unavailable)?;
    Ok(StatusCode::CREATED)
}

fn unavailable(_: sqlx::Error) -> StatusCode {
    StatusCode::SERVICE_UNAVAILABLE
}
