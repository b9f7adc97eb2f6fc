# SPDX-License-Identifier: Apache-2.0
#
# project_flags: the one INTERFACE target that carries warnings and hardening.
# Each flag is probed, so that newer compilers switch newer flags on by themselves.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)
include(CheckPIESupported)

# Assertions stay in release builds: they are for our own bugs, where going on is worse.
foreach(type RELWITHDEBINFO RELEASE MINSIZEREL)
    string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_${type} "${CMAKE_C_FLAGS_${type}}")
endforeach()

add_library(project_flags INTERFACE)
target_include_directories(project_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(project_flags INTERFACE
    _GNU_SOURCE OPENSSL_API_COMPAT=30000 OPENSSL_NO_DEPRECATED)

function(project_flag flag)
    string(MAKE_C_IDENTIFIER "have${flag}" have)
    check_c_compiler_flag("${flag}" ${have})
    if(${have})
        target_compile_options(project_flags INTERFACE "${flag}")
    endif()
endfunction()

function(project_link_flag flag)
    string(MAKE_C_IDENTIFIER "have_link${flag}" have)
    check_linker_flag(C "${flag}" ${have})
    if(${have})
        target_link_options(project_flags INTERFACE "${flag}")
    endif()
endfunction()

foreach(flag -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
        -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
        -Wredundant-decls -Wpointer-arith -Wcast-qual -Wcast-align -Wwrite-strings
        -Wundef -Wvla -Wformat=2 -Wformat-signedness -Wswitch-enum
        -Wimplicit-fallthrough -Wnull-dereference -Wduplicated-cond
        -Wduplicated-branches -Wlogical-op -Wjump-misses-init -Wdouble-promotion
        -Wframe-larger-than=8192
        -Werror=implicit -Werror=incompatible-pointer-types -Werror=int-conversion)
    project_flag(${flag})
endforeach()
if(WERROR)
    project_flag(-Werror)
endif()

foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
        -ftrivial-auto-var-init=zero -fno-delete-null-pointer-checks
        -fno-strict-overflow -fstrict-flex-arrays=3)
    project_flag(${flag})
endforeach()
foreach(flag -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed)
    project_link_flag(${flag})
endforeach()

check_pie_supported(LANGUAGES C)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# A build type, never a run-time switch: it brings the seccomp deny-list with it.
set(sanitizers "")
if(SANITIZE)
    set(sanitizers address,undefined)
    target_compile_definitions(project_flags INTERFACE AE_SANITIZE)
endif()
if(BUILD_FUZZERS)
    set(sanitizers address,undefined)
    target_compile_definitions(project_flags INTERFACE AE_SANITIZE)
    target_compile_options(project_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(sanitizers)
    target_compile_options(project_flags INTERFACE
        -fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(project_flags INTERFACE -fsanitize=${sanitizers})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_options(project_flags INTERFACE
        -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
