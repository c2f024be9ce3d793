AiMesh.Gateway.GatewayApplication.Create(args).Run();
