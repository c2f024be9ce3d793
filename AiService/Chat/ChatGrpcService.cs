using AiMesh.Ai.V1;
using AiMesh.AiService.Calls;
using AiMesh.AiService.Routing;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Chat;

/// <summary>aimesh.ai.v1.Chat.</summary>
internal sealed class ChatGrpcService(ChatRequests requests, CallRunner runner, IOptions<RoutingOptions> routing) : Ai.V1.Chat.ChatBase
{
    public override async Task<CompleteResponse> Complete(CompleteRequest request, ServerCallContext context)
    {
        var answer = new ChatAnswer();
        return (await RunAsync(request, answer, context)).OrThrow();
    }

    public override async Task StreamComplete(CompleteRequest request, IServerStreamWriter<StreamCompleteResponse> responseStream, ServerCallContext context)
    {
        var answer = new ChatAnswer((piece, cancellationToken) => responseStream.WriteAsync(new StreamCompleteResponse { Delta = piece }, cancellationToken));
        var response = (await RunAsync(request, answer, context)).OrThrow();
        await responseStream.WriteAsync(new StreamCompleteResponse { Done = response }, context.CancellationToken);
    }

    private async Task<Result<CompleteResponse>> RunAsync(CompleteRequest request, ChatAnswer answer, ServerCallContext context)
    {
        if (!requests.Plan(request, context.GetPrincipal()).TryGet(out var plan, out var invalid)) return invalid;

        var result = await runner.RunAsync(plan, answer, context.CancellationToken);
        return result.Then<CompleteResponse>(finished => new CompleteResponse
        {
            Content = answer.Answer,
            FinishReason = ReasonOf(finished.Reason),
            Model = finished.Model.Id,
            Usage = finished.Usage.ToProto(),
            Cost = Amounts.Money(finished.Cost, routing.Value.Currency),
            CallId = finished.Id.ToString(),
        });
    }

    private static FinishReason ReasonOf(ChatFinishReason reason)
    {
        if (reason == ChatFinishReason.Length) return FinishReason.Length;
        return reason == ChatFinishReason.ContentFilter ? FinishReason.ContentFilter : FinishReason.Stop;
    }
}
