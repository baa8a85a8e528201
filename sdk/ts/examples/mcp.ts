import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { paidTool } from '@pbstream/sdk/mcp'
import * as z from 'zod'

const server = new McpServer({ name: 'weather', version: '1.0.0' })

// PB_GATEWAY_URL and PB_SECRET_KEY
const inputSchema = { city: z.string() }
paidTool(server, 'weather', { price: '$0.002', description: 'The weather of a city', inputSchema }, ({ city }) => ({
  content: [{ type: 'text', text: `sunny in ${city}` }],
}))

await server.connect(new StdioServerTransport())
