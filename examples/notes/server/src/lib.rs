//! A protected route: notes that the server stores for each account.
//!
//! Everything that the server needs is here: a route whose handlers take [`Authenticated`] or
//! [`Recently`], and a table.

use std::path::Path;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use latchkey_server::{Authenticated, Recently};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

/// Maximum length of a note, in bytes.
const MAX_BYTES: usize = 2000;

/// Routes of the notes. `GET /api/notes` returns the caller's notes, latest first; `POST
/// /api/notes` adds the body, as text; `DELETE /api/notes` deletes all of them, if the user proved
/// who they are within the last 5 minutes.
///
/// # Errors
/// Returns an error if the database cannot be opened or created.
pub async fn routes(database: &Path) -> sqlx::Result<Router> {
    let options = SqliteConnectOptions::new().filename(database).create_if_missing(true);
    let notes = SqlitePool::connect_with(options).await?;
    sqlx::query("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, account TEXT NOT NULL, text TEXT NOT NULL)")
        .execute(&notes)
        .await?;
    Ok(Router::new().route("/api/notes", get(list).post(add).delete(delete_all)).with_state(notes))
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

async fn delete_all(
    claims: Recently<300>,
    State(notes): State<SqlitePool>,
) -> Result<StatusCode, StatusCode> {
    let query = "DELETE FROM notes WHERE account = ?";
    sqlx::query(query).bind(&claims.sub).execute(&notes).await.map_err(unavailable)?;
    Ok(StatusCode::NO_CONTENT)
}

fn unavailable(_: sqlx::Error) -> StatusCode {
    StatusCode::SERVICE_UNAVAILABLE
}
