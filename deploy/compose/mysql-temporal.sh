# Makes Temporal's two databases and the user that owns them, when MySQL's container initialises an empty volume. The image's
# entrypoint sources this file (it is not executable on purpose) and brings docker_process_sql.

temporal_password=$(cat /run/secrets/temporal_db_password)
temporal_password=$(printf '%s' "$temporal_password" | sed -e 's/\\/\\\\/g' -e "s/'/''/g")
docker_process_sql --database=mysql <<-EOSQL
	CREATE DATABASE IF NOT EXISTS temporal CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
	CREATE DATABASE IF NOT EXISTS temporal_visibility CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
	CREATE USER IF NOT EXISTS 'temporal'@'%' IDENTIFIED BY '${temporal_password}';
	GRANT ALL ON \`temporal\`.* TO 'temporal'@'%';
	GRANT ALL ON \`temporal\_visibility\`.* TO 'temporal'@'%';
EOSQL
unset temporal_password
