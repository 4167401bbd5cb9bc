#!/bin/bash
# What several scripts of this package do alike. YunoHost has set app, install_dir, data_dir, domain and the ports.

# Install the packages that the release's lock file names, each checked against its hash, and the release itself.
hedgerow_install() {
    python3 -m venv --clear "$install_dir/venv"
    ynh_hide_warnings "$install_dir/venv/bin/pip" install --no-cache-dir --require-hashes --only-binary :all: \
        --requirement "$install_dir/source/requirements.lock"
    ynh_hide_warnings "$install_dir/venv/bin/pip" install --no-cache-dir --no-deps --no-build-isolation "$install_dir/source"
    install --mode=0755 "$install_dir/source/deploy/hedgerow-healthy" "$install_dir/venv/bin/hedgerow-healthy"
    # The node may read its program and not change it.
    chown --recursive "root:$app" "$install_dir"
    chmod --recursive u=rwX,g=rX,o= "$install_dir"
}

hedgerow_configure() {
    ynh_config_add --template="config.toml" --destination="$data_dir/config.toml"
    chown "$app:$app" "$data_dir/config.toml"
    chmod 600 "$data_dir/config.toml"
}

# Give a command as the node's own user.
hedgerow_command() {
    ynh_exec_as_app env HEDGEROW_DATA="$data_dir" "$install_dir/venv/bin/hedgerow" "$@"
}

hedgerow_start() {
    ynh_systemctl --service="$app" --action="start" --timeout=90
}

hedgerow_register() {
    yunohost service add "$app" --description="The node of your community"
}
