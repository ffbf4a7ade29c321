# The Debian package: `cpack -G DEB` in the build folder, or scripts/package. What is generated from the program (manual
# pages, completions) is made by target `package_files`, which `cpack` wants to be there.
include(GNUInstallDirs)

set(CPACK_PACKAGE_CONTACT "the authors of walferry <walferry@example.org>" CACHE STRING "Maintainer of the package: NAME <ADDRESS>")
# Installing wants the program and package_files, not the benchmarks.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
set(generated ${PROJECT_BINARY_DIR}/package)
string(TIMESTAMP WALFERRY_PACKAGE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC) # follows SOURCE_DATE_EPOCH
configure_file(${PROJECT_SOURCE_DIR}/packaging/debian/changelog.in ${generated}/changelog @ONLY)

add_custom_command(
    OUTPUT ${generated}/walferry.1.gz ${generated}/walferry.yaml.5.gz ${generated}/walferry.bash ${generated}/walferry.zsh
           ${generated}/walferry.fish ${generated}/changelog.Debian.gz ${generated}/changelog.gz ${generated}/libduckdb.so
    COMMAND sh -c "$<TARGET_FILE:walferry> manual walferry | gzip -9n > ${generated}/walferry.1.gz"
    COMMAND sh -c "$<TARGET_FILE:walferry> manual walferry.yaml | gzip -9n > ${generated}/walferry.yaml.5.gz"
    COMMAND sh -c "for shell in bash zsh fish; do $<TARGET_FILE:walferry> completion $shell > ${generated}/walferry.$shell; done"
    COMMAND sh -c "gzip -9nc ${generated}/changelog > ${generated}/changelog.Debian.gz"
    COMMAND sh -c "gzip -9nc ${PROJECT_SOURCE_DIR}/CHANGELOG.md > ${generated}/changelog.gz"
    COMMAND ${CMAKE_STRIP} --strip-unneeded -o ${generated}/libduckdb.so ${DUCKDB_LIBRARY}
    DEPENDS walferry ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${generated}/changelog
    VERBATIM)
add_custom_target(package_files DEPENDS ${generated}/walferry.1.gz)

set_target_properties(walferry PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/walferry")
set(documents ${CMAKE_INSTALL_DATADIR}/doc/walferry)
file(GLOB pages ${PROJECT_SOURCE_DIR}/docs/*.md)
install(TARGETS walferry RUNTIME DESTINATION bin)
install(FILES ${generated}/libduckdb.so DESTINATION lib/walferry)
install(FILES packaging/systemd/walferry@.service DESTINATION lib/systemd/system)
install(DIRECTORY DESTINATION /etc/walferry)
install(FILES ${generated}/walferry.1.gz DESTINATION ${CMAKE_INSTALL_DATADIR}/man/man1)
install(FILES ${generated}/walferry.yaml.5.gz DESTINATION ${CMAKE_INSTALL_DATADIR}/man/man5)
install(FILES ${generated}/walferry.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME walferry)
install(FILES ${generated}/walferry.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions RENAME _walferry)
install(FILES ${generated}/walferry.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${pages} README.md packaging/debian/copyright ${generated}/changelog.gz ${generated}/changelog.Debian.gz
    DESTINATION ${documents})
install(FILES packaging/shop.yaml packaging/prometheus/walferry.rules.yml packaging/grafana/walferry.json
    DESTINATION ${documents}/examples)
install(FILES config/walferry.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/walferry)
install(FILES packaging/debian/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME walferry)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME walferry)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "ferry PostgreSQL's changes to a warehouse, exactly once
walferry reads a PostgreSQL database's write-ahead log by logical replication
and keeps tables of a DuckDB file or of another PostgreSQL equal to it:
current rows, their history, or all changes. Rows and checkpoint are committed
together, so that no crash loses or doubles anything.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
get_filename_component(duckdb_folder ${DUCKDB_LIBRARY} DIRECTORY)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${duckdb_folder})
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus, postgresql")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${PROJECT_SOURCE_DIR}/packaging/debian/postinst
    ${PROJECT_SOURCE_DIR}/packaging/debian/prerm
    ${PROJECT_SOURCE_DIR}/packaging/debian/postrm)
include(CPack)
