// Go `github.com/zitadel/zitadel-go/v3`: gRPC, with the services of all versions.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/url"
	"os"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/zitadel-go/v3/pkg/client"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/message"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"github.com/zitadel/zitadel-go/v3/pkg/zitadel"
	"google.golang.org/grpc/status"
)

func main() {
	ctx := context.Background()
	base, err := url.Parse(os.Getenv("BASE_URL"))
	check(err)
	server := zitadel.New(base.Hostname(), zitadel.WithInsecure(base.Port()))
	userID := os.Getenv("USER_ID")

	api, err := client.New(ctx, server, client.WithAuth(client.PAT(os.Getenv("TOKEN"))))
	check(err)
	users := api.UserServiceV2()
	made, err := users.CreateUser(ctx, &user.CreateUserRequest{
		OrganizationId: os.Getenv("ORG_ID"),
		UserId:         &userID,
		UserType: &user.CreateUserRequest_Human_{Human: &user.CreateUserRequest_Human{
			Profile: &user.SetHumanProfile{GivenName: "Ada", FamilyName: "Lovelace"},
			Email: &user.SetHumanEmail{
				Email:        userID + "@example.com",
				Verification: &user.SetHumanEmail_IsVerified{IsVerified: true},
			},
		}},
	})
	check(err)
	say("create", map[string]any{"userId": made.GetId()})
	read, err := users.GetUserByID(ctx, &user.GetUserByIDRequest{UserId: userID})
	check(err)
	say("read", map[string]any{"userId": read.GetUser().GetUserId(), "name": read.GetUser().GetHuman().GetProfile().GetGivenName()})
	_, err = users.DeactivateUser(ctx, &user.DeactivateUserRequest{UserId: userID})
	check(err)
	say("deactivate", map[string]any{})
	if _, err = users.DeactivateUser(ctx, &user.DeactivateUserRequest{UserId: userID}); err != nil {
		refused := status.Convert(err)
		told := map[string]any{"code": refused.Code()}
		for _, detail := range refused.Details() {
			if known, ok := detail.(*message.ErrorDetail); ok {
				told["id"] = known.GetId()
			}
		}
		say("refused", told)
	}

	byKey, err := client.New(ctx, server, client.WithAuth(
		client.DefaultServiceUserAuthentication(os.Getenv("KEY_FILE"), oidc.ScopeOpenID, client.ScopeZitadelAPI()),
	))
	check(err)
	again, err := byKey.UserServiceV2().GetUserByID(ctx, &user.GetUserByIDRequest{UserId: userID})
	check(err)
	say("key", map[string]any{"userId": again.GetUser().GetUserId()})
}

func say(step string, told map[string]any) {
	told["step"] = step
	check(json.NewEncoder(os.Stdout).Encode(told))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
