# SPDX-License-Identifier: Apache-2.0
#
# cmake -DOUTPUT=file.c "-DINPUTS=0001_a.sql;0002_b.sql" -P EmbedSql.cmake
#
# Writes the migrations as a C table; a file's number must be its place in the list.
set(arrays "")
set(rows "")
set(place 0)
foreach(input ${INPUTS})
    math(EXPR place "${place} + 1")
    get_filename_component(name "${input}" NAME_WE)
    string(REGEX MATCH "^0*([0-9]+)_" unused "${name}")
    if(NOT "${CMAKE_MATCH_1}" STREQUAL "${place}")
        message(FATAL_ERROR "${input} is not migration ${place}")
    endif()
    file(READ "${input}" octets HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," octets "${octets}")
    string(APPEND arrays "static const char sql_${place}[] = {${octets}0};\n")
    string(APPEND rows "    {${place}, \"${name}\", sql_${place}},\n")
endforeach()
file(WRITE "${OUTPUT}" "/* SPDX-License-Identifier: Apache-2.0 */
/* Made from schemas/sql/sqlite: edit that. */
#include \"policyd/ledger_sqlite_migrate.h\"

${arrays}
const struct ledger_migration ledger_sqlite_migrations[] = {
${rows}};
const size_t ledger_sqlite_migrations_len = ${place};
")
