// Maven `io.github.zitadel:client`: JSON over Connect, with the services of v2.
import com.zitadel.ApiException;
import com.zitadel.Zitadel;
import com.zitadel.model.UserServiceCreateUserRequest;
import com.zitadel.model.UserServiceDeactivateUserRequest;
import com.zitadel.model.UserServiceGetUserByIDRequest;
import com.zitadel.model.UserServiceHuman;
import com.zitadel.model.UserServiceProfile;
import com.zitadel.model.UserServiceSetHumanEmail;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Offboard {
    public static void main(String[] args) throws Exception {
        var baseUrl = System.getenv("BASE_URL");
        var userId = System.getenv("USER_ID");
        var users = Zitadel.withAccessToken(baseUrl, System.getenv("TOKEN")).users;

        var made = users.createUser(new UserServiceCreateUserRequest()
            .organizationId(System.getenv("ORG_ID"))
            .userId(userId)
            .human(new UserServiceHuman()
                .profile(new UserServiceProfile().givenName("Ada").familyName("Lovelace"))
                .email(new UserServiceSetHumanEmail().email(userId + "@example.com").isVerified(true))));
        say("create", "userId", made.getId());
        var user = users.getUserByID(new UserServiceGetUserByIDRequest().userId(userId)).getUser();
        say("read", "userId", user.getUserId(), "name", user.getHuman().getProfile().getGivenName());
        users.deactivateUser(new UserServiceDeactivateUserRequest().userId(userId));
        say("deactivate");
        try {
            users.deactivateUser(new UserServiceDeactivateUserRequest().userId(userId));
        } catch (ApiException refused) {
            // The body of the answer is part of the message.
            say("refused", "code", found("\"code\":\"(\\w+)\"", refused.getMessage()), "id", found("\\((\\S+)\\)", refused.getMessage()));
        }

        var byKey = Zitadel.withPrivateKey(baseUrl, System.getenv("KEY_FILE")).users;
        say("key", "userId", byKey.getUserByID(new UserServiceGetUserByIDRequest().userId(userId)).getUser().getUserId());
    }

    static String found(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        return matcher.find() ? matcher.group(1) : "";
    }

    static void say(String step, String... told) {
        var line = new StringBuilder("{\"step\":\"" + step + "\"");
        for (int i = 0; i < told.length; i += 2) line.append(",\"" + told[i] + "\":\"" + told[i + 1] + "\"");
        System.out.println(line + "}");
    }
}
