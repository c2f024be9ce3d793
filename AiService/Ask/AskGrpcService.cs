using AiMesh.Ai.V1;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;

namespace AiMesh.AiService.Ask;

/// <summary>aimesh.ai.v1.Assistant.</summary>
internal sealed class AskGrpcService(QuestionService questions) : Assistant.AssistantBase
{
    public override async Task<AskResponse> Ask(AskRequest request, ServerCallContext context) =>
        (await questions.AskAsync(request, context.GetPrincipal(), passOn: null, context.CancellationToken)).OrThrow();

    public override async Task StreamAsk(AskRequest request, IServerStreamWriter<StreamAskResponse> responseStream, ServerCallContext context)
    {
        var response = (await questions.AskAsync(request, context.GetPrincipal(), responseStream.WriteAsync, context.CancellationToken)).OrThrow();
        await responseStream.WriteAsync(new StreamAskResponse { Done = response }, context.CancellationToken);
    }
}
