using AiMesh.Ai.V1;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;

namespace AiMesh.AiService.Ask;

internal sealed class AssistantGrpcService(Asker asker) : Assistant.AssistantBase
{
    public override async Task<AskResponse> Ask(AskRequest request, ServerCallContext context)
    {
        AskResponse? response = null;
        await foreach (var item in asker.AskAsync(request, context.GetPrincipal(), context.CancellationToken))
            response = item.Done;
        return response!;
    }

    public override async Task StreamAsk(AskRequest request, IServerStreamWriter<StreamAskResponse> responseStream, ServerCallContext context)
    {
        await foreach (var item in asker.AskAsync(request, context.GetPrincipal(), context.CancellationToken))
            await responseStream.WriteAsync(item, context.CancellationToken);
    }
}
