package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/internal/git"
	"github.com/countersign-dev/countersign/record"
)

// What shells offer while somebody types. What cannot be read offers nothing.

// completeSides offers revisions or, where none fits, folders for two arguments.
func completeSides(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, _ := completeRevisions(c, args, typed)
	return names, cobra.ShellCompDirectiveDefault
}

// completeRevisions offers branches and tags of the repository in the current
// folder.
func completeRevisions(c *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	repo, err := git.Open(".")
	if err != nil {
		return nil, none
	}
	defer repo.Close()
	names, err := repo.Names(c.Context())
	if err != nil {
		return nil, none
	}
	names = append(names, "HEAD")
	return slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, typed) }), none
}

func completeFolders(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// completeAgents offers the agents of the newest records.
func completeAgents(c *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	log, done, err := openLog(c.Context(), c.Flag("data").Value.String())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer done()
	entries, err := log.List(c.Context(), record.Query{Limit: 200})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	agents := map[string]bool{}
	for _, e := range entries {
		if set, ok := e.Set(); ok {
			for _, ch := range set.Changes {
				agents[ch.Agent] = strings.HasPrefix(ch.Agent, typed)
			}
		}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(agents)), func(a string) bool { return !agents[a] || plain(a, 200) != a }), cobra.ShellCompDirectiveNoFileComp
}
