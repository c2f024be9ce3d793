using System.Collections.Immutable;
using AiMesh.Ai.V1;
using AiMesh.AiService.Calls;
using AiMesh.AiService.Providers;
using AiMesh.AiService.Routing;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Chat;

/// <summary>Checks a request and makes a call of it.</summary>
internal sealed class ChatRequests(Router router)
{
    public const int DefaultOutputTokens = 1024;
    public const int MostOutputTokens = 32_768;
    private const int MostMessages = 200;
    private const int LongestMessage = 1_000_000;
    private const int MostStops = 4;

    public Result<CallPlan> Plan(CompleteRequest request, Principal caller)
    {
        var violations = Violations(request).ToImmutableArray();
        if (!violations.IsEmpty) return new InvalidFields(violations);

        var messages = request.Messages.Select(m => new ChatMessage(RoleOf(m.Role), m.Content)).ToList();
        var output = request.MaxOutputTokens == 0 ? DefaultOutputTokens : request.MaxOutputTokens;
        var route = new RouteRequest(caller, request.Model, PolicyOf(request.Policy), ApproximateTokens.Of(messages), output, "messages");
        return router.Candidates(route).Then<CallPlan>(candidates => new CallPlan(
            caller, "chat", candidates, model => new Prompt(messages, OptionsFor(request, model, output))));
    }

    private static ChatOptions OptionsFor(CompleteRequest request, Providers.Model model, int output) => new()
    {
        ModelId = model.Name,
        Temperature = request.HasTemperature ? (float)request.Temperature : null,
        TopP = request.HasTopP ? (float)request.TopP : null,
        MaxOutputTokens = Math.Min(output, model.MaxOutputTokens),
        StopSequences = request.Stop.Count == 0 ? null : [.. request.Stop],
    };

    private static IEnumerable<FieldViolation> Violations(CompleteRequest request)
    {
        if (request.Messages.Count is 0 or > MostMessages)
            yield return new FieldViolation("messages", $"1 to {MostMessages} messages.");
        else if (request.Messages[^1].Role is not Message.Types.Role.User)
            yield return new FieldViolation("messages", "The last message is from USER.");
        for (var i = 0; i < Math.Min(request.Messages.Count, MostMessages); i++)
        {
            if (!Enum.IsDefined(request.Messages[i].Role) || request.Messages[i].Role is Message.Types.Role.Unspecified)
                yield return new FieldViolation($"messages[{i}].role", "SYSTEM, USER or ASSISTANT.");
            if (request.Messages[i].Content.Length > LongestMessage)
                yield return new FieldViolation($"messages[{i}].content", $"At most {LongestMessage} characters.");
        }

        if (request.HasTemperature && request.Temperature is not (>= 0 and <= 2))
            yield return new FieldViolation("temperature", "0 to 2.");
        if (request.HasTopP && request.TopP is not (>= 0 and <= 1))
            yield return new FieldViolation("top_p", "0 to 1.");
        if (request.MaxOutputTokens is < 0 or > MostOutputTokens)
            yield return new FieldViolation("max_output_tokens", $"1 to {MostOutputTokens}, or 0 for {DefaultOutputTokens}.");
        if (request.Stop.Count > MostStops || request.Stop.Any(s => s.Length is 0 or > 100))
            yield return new FieldViolation("stop", $"At most {MostStops} texts of 1 to 100 characters.");
        if (!Enum.IsDefined(request.Policy))
            yield return new FieldViolation("policy", "CHEAPEST, FASTEST, BEST or BALANCED.");
    }

    private static ChatRole RoleOf(Message.Types.Role role) => role switch
    {
        Message.Types.Role.System => ChatRole.System,
        Message.Types.Role.Assistant => ChatRole.Assistant,
        _ => ChatRole.User,
    };

    private static RoutingPolicy? PolicyOf(CompleteRequest.Types.Policy policy) => policy switch
    {
        CompleteRequest.Types.Policy.Cheapest => RoutingPolicy.Cheapest,
        CompleteRequest.Types.Policy.Fastest => RoutingPolicy.Fastest,
        CompleteRequest.Types.Policy.Best => RoutingPolicy.Best,
        CompleteRequest.Types.Policy.Balanced => RoutingPolicy.Balanced,
        _ => null,
    };
}
