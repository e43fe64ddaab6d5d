-- +goose Up

-- Who pushed a commit is asked over all pull requests of a repository.
CREATE INDEX head_commit ON head (repo_id, commit_id);
