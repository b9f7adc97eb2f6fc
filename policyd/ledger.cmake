# SPDX-License-Identifier: Apache-2.0
pkg_check_modules(SQLITE3 REQUIRED IMPORTED_TARGET GLOBAL sqlite3>=3.37)

# The migrations in their order; the file's number is the schema's version.
set(ledger_migrations
    ${CMAKE_SOURCE_DIR}/schemas/sql/sqlite/0001_certificates.sql
    ${CMAKE_SOURCE_DIR}/schemas/sql/sqlite/0002_requests.sql
    ${CMAKE_SOURCE_DIR}/schemas/sql/sqlite/0003_journal.sql
    ${CMAKE_SOURCE_DIR}/schemas/sql/sqlite/0004_approvals.sql
)
set(embed_sql ${CMAKE_SOURCE_DIR}/packaging/cmake/EmbedSql.cmake)
add_custom_command(
    OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/ledger_migrations.c
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${CMAKE_CURRENT_BINARY_DIR}/ledger_migrations.c
        "-DINPUTS=${ledger_migrations}" -P ${embed_sql}
    DEPENDS ${ledger_migrations} ${embed_sql}
    VERBATIM
)

add_library(ledger STATIC
    ledger.c
    ledger_check.c
    ledger_commit.c
    ledger_digest.c
    ledger_names.c
    ledger_op.c
    ledger_read.c
    ledger_record.c
    ledger_request.c
    ledger_sqlite.c
    ledger_sqlite_check.c
    ledger_sqlite_checkpoint.c
    ledger_sqlite_db.c
    ledger_sqlite_dump.c
    ledger_sqlite_history.c
    ledger_sqlite_judge.c
    ledger_sqlite_list.c
    ledger_sqlite_log.c
    ledger_sqlite_migrate.c
    ledger_sqlite_misc.c
    ledger_sqlite_open.c
    ledger_sqlite_pool.c
    ledger_sqlite_read.c
    ledger_sqlite_read_request.c
    ledger_sqlite_reconcile.c
    ledger_sqlite_request.c
    ledger_sqlite_reserve.c
    ledger_sqlite_revoke.c
    ledger_sqlite_row.c
    ledger_sqlite_row_request.c
    ledger_sqlite_state.c
    ledger_sqlite_stream.c
    ledger_sqlite_write.c
    ${CMAKE_CURRENT_BINARY_DIR}/ledger_migrations.c
)
target_link_libraries(ledger
    PUBLIC base project_flags
    PRIVATE pki PkgConfig::SQLITE3 Threads::Threads
)
