package ghsim

const graphQLPath = "/graphql"

// routes is the API: what the product may call, in the words of GitHub's
// description, with the permission that the call needs (docs: permissions
// required for GitHub Apps). "a|b:write" takes either; "app" is a JWT, "any"
// either kind.
func routes() []route {
	const repo = "/repos/{owner}/{repo}"
	list := []route{
		{method: "GET", template: "/app", need: "app", handle: (*request).getApp},
		{method: "GET", template: "/app/installations", need: "app", handle: (*request).listInstallations},
		{method: "GET", template: "/app/installations/{installation_id}", need: "app", handle: (*request).getInstallation},
		{method: "POST", template: tokenPath, need: "app", handle: (*request).createToken},
		{method: "GET", template: "/app/hook/config", need: "app", handle: (*request).getHookConfig},
		{method: "GET", template: "/app/hook/deliveries", need: "app", handle: (*request).listDeliveries},
		{method: "GET", template: "/app/hook/deliveries/{delivery_id}", need: "app", handle: (*request).getDelivery},
		{method: "POST", template: "/app/hook/deliveries/{delivery_id}/attempts", need: "app", handle: (*request).redeliver},
		{method: "GET", template: "/orgs/{org}/installation", need: "app", handle: (*request).getAccountInstallation},
		{method: "GET", template: "/users/{username}/installation", need: "app", handle: (*request).getAccountInstallation},
		{method: "GET", template: "/installation/repositories", handle: (*request).listInstallationRepos},
		{method: "GET", template: "/meta", need: "any", handle: (*request).getMeta},
		{method: "GET", template: "/rate_limit", handle: (*request).getRateLimit},
		{method: "POST", template: graphQLPath, handle: (*request).graphQL},

		{method: "GET", template: "/users/{username}", need: "any", handle: (*request).getUser},
		{method: "GET", template: "/user/{account_id}", need: "any", handle: (*request).getUserByID},
		{method: "GET", template: "/orgs/{org}/members/{username}", need: "members:read", handle: (*request).getOrgMember},
		{method: "GET", template: "/orgs/{org}/memberships/{username}", need: "members:read", handle: (*request).getOrgMembership},
		{method: "GET", template: "/orgs/{org}/teams/{team_slug}", need: "members:read", handle: (*request).getTeam},
		{method: "GET", template: "/orgs/{org}/teams/{team_slug}/members", need: "members:read", handle: (*request).listTeamMembers},
		{method: "GET", template: "/orgs/{org}/teams/{team_slug}/memberships/{username}", need: "members:read", handle: (*request).getTeamMembership},
		{method: "GET", template: "/orgs/{org}/teams/{team_slug}/teams", need: "members:read", handle: (*request).listChildTeams},

		{method: "GET", template: repo, need: "metadata:read", handle: (*request).getRepo},
		{method: "GET", template: repo + "/installation", need: "app", handle: (*request).getRepoInstallation},
		{method: "GET", template: repo + "/collaborators/{username}/permission", need: "metadata:read", handle: (*request).getPermission},
		{method: "GET", template: repo + "/properties/values", need: "metadata:read", handle: (*request).getProperties},

		{method: "GET", template: repo + "/pulls", need: "pull_requests:read", handle: (*request).listPulls},
		{method: "GET", template: repo + "/pulls/{pull_number}", need: "pull_requests:read", handle: (*request).getPull},
		{method: "GET", template: repo + "/pulls/{pull_number}/commits", need: "pull_requests:read", handle: (*request).listPullCommits},
		{method: "GET", template: repo + "/pulls/{pull_number}/files", need: "pull_requests:read", handle: (*request).listPullFiles},
		{method: "GET", template: repo + "/pulls/{pull_number}/merge", need: "pull_requests:read", handle: (*request).isMerged},
		{method: "GET", template: repo + "/pulls/{pull_number}/reviews", need: "pull_requests:read", handle: (*request).listReviews},

		{method: "GET", template: repo + "/issues/comments/{comment_id}", need: "issues|pull_requests:read", handle: (*request).getComment},
		{method: "PATCH", template: repo + "/issues/comments/{comment_id}", need: "issues|pull_requests:write", handle: (*request).editComment},
		{method: "DELETE", template: repo + "/issues/comments/{comment_id}", need: "issues|pull_requests:write", handle: (*request).deleteComment},
		{method: "GET", template: repo + "/issues/comments/{comment_id}/reactions", need: "issues|pull_requests:read", handle: (*request).listReactions},
		{method: "POST", template: repo + "/issues/comments/{comment_id}/reactions", need: "issues|pull_requests:write", handle: (*request).createReaction},
		{method: "GET", template: repo + "/issues/{issue_number}/comments", need: "issues|pull_requests:read", handle: (*request).listComments},
		{method: "POST", template: repo + "/issues/{issue_number}/comments", need: "issues|pull_requests:write", handle: (*request).createComment},

		{method: "POST", template: repo + "/check-runs", need: "checks:write", handle: (*request).createCheckRun},
		{method: "GET", template: repo + "/check-runs/{check_run_id}", need: "checks:read", handle: (*request).getCheckRun},
		{method: "PATCH", template: repo + "/check-runs/{check_run_id}", need: "checks:write", handle: (*request).updateCheckRun},
		{method: "GET", template: repo + "/check-runs/{check_run_id}/annotations", need: "checks:read", handle: (*request).listAnnotations},
		{method: "GET", template: repo + "/commits/{ref}/check-runs", need: "checks:read", handle: (*request).listCheckRuns},
		{method: "GET", template: repo + "/commits/{ref}/check-suites", need: "checks:read", handle: (*request).listCheckSuites},
		{method: "GET", template: repo + "/commits/{ref}/status", need: "statuses:read", handle: (*request).getStatus},
		{method: "GET", template: repo + "/commits/{commit_sha}/pulls", need: "pull_requests|contents:read", handle: (*request).listPullsOfCommit},

		{method: "GET", template: repo + "/commits", need: "contents:read", handle: (*request).listCommits},
		{method: "GET", template: repo + "/commits/{ref}", need: "contents:read", handle: (*request).getCommit},
		{method: "GET", template: repo + "/compare/{basehead}", need: "contents:read", handle: (*request).compare},
		{method: "GET", template: repo + "/contents/{path}", need: "contents:read", handle: (*request).getContents},
		{method: "GET", template: repo + "/git/blobs/{file_sha}", need: "contents:read", handle: (*request).getBlob},
		{method: "GET", template: repo + "/git/commits/{commit_sha}", need: "contents:read", handle: (*request).getGitCommit},
		{method: "GET", template: repo + "/git/ref/{ref}", need: "contents:read", handle: (*request).getRef},
		{method: "GET", template: repo + "/git/matching-refs/{ref}", need: "contents:read", handle: (*request).matchingRefs},
		{method: "GET", template: repo + "/git/trees/{tree_sha}", need: "contents:read", handle: (*request).getTree},

		{method: "GET", template: repo + "/branches", need: "contents:read", handle: (*request).listBranches},
		{method: "GET", template: repo + "/branches/{branch}/protection", need: "administration:read", handle: (*request).getProtection},
		{method: "GET", template: repo + "/branches/{branch}/protection/required_status_checks", need: "administration:read", handle: (*request).getRequiredChecks},
		{method: "GET", template: repo + "/branches/{branch}", need: "contents:read", handle: (*request).getBranch},
		{method: "GET", template: repo + "/rules/branches/{branch}", need: "metadata:read", handle: (*request).listBranchRules},
		{method: "GET", template: repo + "/rulesets", need: "metadata:read", handle: (*request).listRulesets},
		{method: "GET", template: repo + "/rulesets/{ruleset_id}", need: "metadata:read", handle: (*request).getRuleset},
	}
	for i := range list {
		list[i].pattern = compile(list[i].template)
	}
	return list
}
